"""Names say what a thing is. These words say nothing."""

import ast
import re

from tests.house.source import functions, modules, verdict

EMPTY = {"manager", "helper", "util", "service", "handler", "processor", "data", "info"}
EMPTY |= {f"{word}s" for word in EMPTY}
EMPTY_BEGINNINGS = ("do_", "handle_", "process_", "new_", "old_")
# Names that a library calls.
GIVEN = {
    "handle_DATA",
    "handle_EHLO",
    "handle_RCPT",
    "handle_error",
    "process_bind_param",
    "process_result_value",
    "process_formdata",
    "process_data",
}
GIVEN |= {"handle_starttag", "handle_startendtag", "handle_endtag", "handle_data", "do_GET", "do_POST", "do_PUT"}


def test_files_functions_and_classes_have_telling_names():
    faults = [
        f"{path}: {name}"
        for path, tree in modules("portal", "jobs", "tests").items()
        for name in [path.rpartition("/")[2].removesuffix(".py"), *_named(tree)]
        if name not in GIVEN and _is_empty(name)
    ]
    verdict(faults, f"Say what it is or does, without {', '.join(sorted(EMPTY))} or {', '.join(EMPTY_BEGINNINGS)}:")


def _named(tree: ast.AST) -> list[str]:
    classes = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return classes + [node.name for node in functions(tree)]


def _is_empty(name: str) -> bool:
    if name.startswith("test_"):
        return False
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_").split("_")
    return bool(EMPTY & set(words)) or "_".join(words).startswith(EMPTY_BEGINNINGS)
