"""Looking at a page as everybody would: nothing for axe to find, nothing wider than the screen."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
SIZES = {"wide": {"width": 1440, "height": 1000}, "phone": {"width": 390, "height": 844}}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}


def faults_of(page: Page, address: str) -> list[str]:
    """What is wrong at an address that must answer with 200."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    return faults_here(page, address)


def faults_here(page: Page, name: str) -> list[str]:
    """What is wrong with the page as it stands, in light and in dark; dark changes colours and nothing else."""
    page.emulate_media(color_scheme="light")
    found = _said(page, name, list(RULES))
    page.emulate_media(color_scheme="dark")
    found += _said(page, f"{name}, dark", CONTRAST)
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*found, f"{name}: {wider} px wider than the screen"] if wider > 0 else found


def _said(page: Page, name: str, rules: Any) -> list[str]:
    found = Axe().run(page, options={"runOnly": rules, "iframes": False}).response["violations"]
    return [f"{name}: {one['id']} at {[node['target'] for node in one['nodes']][:3]}" for one in found]
