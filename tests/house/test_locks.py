"""The three lists of exact versions say the same, and say all that pyproject.toml asks for."""

import re
import tomllib

from tests.house.source import ROOT


def test_what_pip_installs_is_what_uv_locked():
    locked = {
        package["name"]: package["version"]
        for package in _toml("uv.lock")["package"]
        if "registry" in package["source"]
    }
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-setup.lock"):
        versions = _exported(name)
        assert versions.items() <= locked.items(), f"{name} differs: export it again from uv.lock"


def test_everything_that_is_asked_for_is_locked():
    project = _toml("pyproject.toml")
    runs, groups = project["project"]["dependencies"], project["dependency-groups"]
    assert _names(runs) <= set(_exported("requirements.lock"))
    assert _names(runs + groups["dev"]) <= set(_exported("requirements-dev.lock"))
    assert _names(groups["setup"]) <= set(_exported("requirements-setup.lock"))


def test_the_lock_was_made_for_these_dependencies():
    """uv writes into the lock what it read; a line added to pyproject.toml without `uv lock` shows here."""
    project = _toml("pyproject.toml")
    (itself,) = [package for package in _toml("uv.lock")["package"] if package["name"] == "portal"]
    assert {each["name"] for each in itself["metadata"]["requires-dist"]} == _names(project["project"]["dependencies"])
    locked_groups = itself["metadata"]["requires-dev"]
    for group, wanted in project["dependency-groups"].items():
        assert {each["name"] for each in locked_groups[group]} == _names(wanted)


def test_every_package_is_pinned_by_its_digest():
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-setup.lock"):
        entries = re.split(r"\n(?=\S)", (ROOT / name).read_text())
        loose = [entry.split()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry]
        assert not loose, f"{name}: {loose} have no digest"


def _toml(name: str) -> dict:
    return tomllib.loads((ROOT / name).read_text())


def _exported(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.\-]+)==([^ ;\\]+)", (ROOT / name).read_text(), re.MULTILINE))


def _names(wanted: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", each)[0] for each in wanted}
