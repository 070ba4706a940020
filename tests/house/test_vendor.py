"""What was copied from elsewhere is byte for byte what its list says."""

import base64
import hashlib
import json

from tests.house.source import ROOT, verdict

VENDOR = ROOT / "portal" / "static" / "vendor"


def test_vendored_files_have_the_digests_of_the_list():
    faults = [
        f"{path}: {_digest(path)} instead of {digest}"
        for path, digest in _listed().items()
        if not (VENDOR / path).is_file() or _digest(path) != digest
    ]
    verdict(faults, "Changed by hand, or the list is old:")


def test_every_vendored_file_is_listed():
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()} - {"vendor.json"}
    verdict(sorted(found - set(_listed())), "Add it with version, licence and digest to vendor.json:")


def test_every_vendored_package_names_its_version_and_licence():
    packages = json.loads((VENDOR / "vendor.json").read_text())
    assert packages
    assert all(package["version"] and package["licence"] for package in packages.values())


def _listed() -> dict[str, str]:
    packages = json.loads((VENDOR / "vendor.json").read_text())
    return {path: digest for package in packages.values() for path, digest in package["files"].items()}


def _digest(path: str) -> str:
    raw = hashlib.sha384((VENDOR / path).read_bytes()).digest() if (VENDOR / path).is_file() else b""
    return f"sha384-{base64.b64encode(raw).decode()}"
