"""The pages of the Paystack twin."""

from __future__ import annotations

from pathlib import Path

from portal.twins.pages import Pages

PAGES = Pages(Path(__file__).with_name("pages"), "Paystack")
page, trouble = PAGES.page, PAGES.trouble
