"""The README's map leads somewhere."""

import re

from tests.house.source import ROOT, verdict

FOLDERS = ("portal/", "jobs/", "migrations/", "tests/", "docs/")
FILES = ("run", "test", "setup.sh", "pyproject.toml", "wsgi.py", "uv.lock", "requirements.lock")


def test_every_path_in_the_readme_exists():
    paths = _paths()
    assert len(paths) >= 10, "the README has no map"
    missing = [path for path in paths if not list(ROOT.glob(_pattern(path)))]
    verdict(missing, "The README names what does not exist:")


def test_every_picture_and_page_that_the_readme_links_exists():
    text = (ROOT / "README.md").read_text()
    links = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    verdict([link for link in links if not (ROOT / link).exists()], "The README links what does not exist:")


def _paths() -> list[str]:
    words = re.findall(r"`([^`\s]+)`", (ROOT / "README.md").read_text())
    return [word.removeprefix("./") for word in words if word.removeprefix("./").startswith(FOLDERS) or word in FILES]


def _pattern(path: str) -> str:
    """`portal/<noun>/states.py` stands for any noun; `…:name` points into a file."""
    return re.sub(r"<[^>]+>", "*", path.partition(":")[0]).rstrip("/")
