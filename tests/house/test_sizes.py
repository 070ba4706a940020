"""Small files and small functions. The lists of exceptions may only shrink."""

from tests.house.source import ROOT, functions, modules, verdict

MODULE, FUNCTION, TEMPLATE, TESTS = 300, 40, 120, 400
LARGER_FILES: dict[str, int] = {}
LARGER_FUNCTIONS: dict[str, int] = {}


def test_modules_are_short():
    _files([*modules("portal", "jobs"), "wsgi.py"], MODULE, "Split it by what changes for different reasons:")


def test_templates_are_short():
    found = [path.relative_to(ROOT).as_posix() for path in (ROOT / "portal").rglob("*.html")]
    _files(found, TEMPLATE, "Move parts to partials:")


def test_test_files_are_short():
    _files(list(modules("tests")), TESTS, "Split it; a test file follows the file it tests:")


def test_functions_are_short():
    sizes = {
        f"{path}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for path, tree in modules("portal", "jobs").items()
        for function in functions(tree)
    }
    _verdict(sizes, LARGER_FUNCTIONS, FUNCTION, "Name its steps:")


def _files(paths: list[str], limit: int, advice: str) -> None:
    sizes = {path: len((ROOT / path).read_text().splitlines()) for path in paths}
    _verdict(sizes, {path: size for path, size in LARGER_FILES.items() if path in sizes}, limit, advice)


def _verdict(sizes: dict[str, int], known: dict[str, int], limit: int, advice: str) -> None:
    faults = [f"{name}: {size} lines of {known.get(name, limit)}" for name, size in sizes.items()
              if size > known.get(name, limit)]  # fmt: skip
    verdict(faults, advice)
    stale = [f"{name}: now {sizes.get(name)}" for name, size in known.items() if sizes.get(name, 0) < size]
    verdict(stale, "It has shrunk; lower or remove its exception:")
