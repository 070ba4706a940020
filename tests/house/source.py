"""The product's files as syntax trees, for the tests of the house."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules(*folders: str) -> dict[str, ast.Module]:
    """Path from the root → tree, of every Python file below the folders."""
    paths = sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(), str(path)) for path in paths}


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each name that is imported, whole, and its line: `from a.b import c` gives `a.b.c`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[Function]:
    yield from (node for node in ast.walk(tree) if isinstance(node, Function))


def is_below(path: str, places: tuple[str, ...]) -> bool:
    """Is the file one of the places, or in a folder (ending in a slash) that is one?"""
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def belongs_to(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def verdict(faults: list[str], advice: str) -> None:
    assert not faults, "\n".join([advice, *sorted(faults)])
