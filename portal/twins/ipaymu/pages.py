"""The pages of the iPaymu twin."""

from __future__ import annotations

from pathlib import Path

from portal.twins.pages import Pages

PAGES = Pages(Path(__file__).with_name("pages"), "iPaymu")
page, trouble = PAGES.page, PAGES.trouble
