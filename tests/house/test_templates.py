"""Templates: one root for each partial, forms that work without scripts, nothing inline, nothing unused."""

import re
from html.parser import HTMLParser

from tests.house.source import ROOT, verdict

TEMPLATES = ROOT / "portal" / "templates"
# Mail programs and PDFs need their styles inside.
FOR_OTHER_READERS = ("mail/", "documents/")  # mail programs and PDFs need styles inside
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
LAYOUT_PARTS = ("layouts/", "components/", "errors/")  # pieces of the frame, never swapped by themselves


def test_each_partial_has_exactly_one_root_with_its_own_name():
    faults = []
    for name, text in _templates().items():
        file = name.rpartition("/")[2]
        if file.startswith("_") and not name.startswith(LAYOUT_PARTS):
            wanted = file.removesuffix(".html").lstrip("_")
            roots = _roots(text)
            if len(roots) != 1 or not _is_named(roots[0], wanted):
                faults.append(f"{name}: roots {roots or 'none'}, wanted one with id={wanted!r}")
    verdict(faults, "A partial is one element whose id is the file's name without the underscore:")


def test_forms_work_without_scripts():
    faults = [
        f"{name}: {form[:100]}"
        for name, text in _templates().items()
        for form in re.findall(r"<form\b[^>]*", _without_logic(text))
        if "method=" not in form or "action=" not in form
    ]
    verdict(faults, "Write method and action first, hx-… beside them:")


def test_links_have_an_address():
    faults = [
        f"{name}: {link[:100]}"
        for name, text in _templates().items()
        for link in re.findall(r"<a\b[^>]*", _without_logic(text))
        if "href" not in link
    ]
    verdict(faults, "A link without href is not a link:")


def test_nothing_is_inline():
    inline = re.compile(r"<style\b|<script\b(?![^>]*\bsrc=)|<[a-z][^>]*\s(?:style|on[a-z]+|hx-on[^=]*)=|javascript:")
    faults = [
        f"{name}: {found.group(0)[:100]}"
        for name, text in _templates().items()
        if not name.startswith(FOR_OTHER_READERS)
        for found in inline.finditer(_without_logic(text))
    ]
    verdict(faults, "The content policy forbids it; write a class, or a listener in app.js:")


def test_every_imported_macro_is_used():
    faults = []
    for name, text in _templates().items():
        for source, names in re.findall(r"{%-?\s*from\s+[\"']([^\"']+)[\"']\s+import\s+([^%]+?)\s*-?%}", text):
            rest = re.sub(r"{%-?\s*from\s[^%]+%}", "", text)
            bound = [each.split(" as ")[-1].strip() for each in names.removesuffix("with context").split(",")]
            faults += [f"{name}: {each} from {source}" for each in bound if not re.search(rf"\b{each}\b", rest)]
    verdict(faults, "Remove the import:")


def test_every_named_template_exists():
    named = re.compile(r"{%-?\s*(?:extends|include|from|import)\s+[\"']([^\"']+)[\"'](?!\s*~)")
    faults = [
        f"{name} names {other}"
        for name, text in _templates().items()
        for other in named.findall(text)
        if not (TEMPLATES / other).exists()
    ]
    verdict(faults, "There is no such template:")


def _templates() -> dict[str, str]:
    paths = sorted(TEMPLATES.rglob("*.html"))
    return {
        path.relative_to(TEMPLATES).as_posix(): re.sub(r"{#.*?#}", "", path.read_text(), flags=re.S) for path in paths
    }


def _without_logic(text: str) -> str:
    """The HTML alone; a value leaves a mark so that `id="row-{{ id }}"` stays an attribute."""
    return re.sub(r"{%.*?%}", "", re.sub(r"{{.*?}}", "…", text, flags=re.S), flags=re.S)


def _is_named(root: str, wanted: str) -> bool:
    """The file's name as the id; a row that repeats adds what tells it apart: `row-…`."""
    plain = root.replace("-", "_")
    return plain == wanted.replace("-", "_") or (plain.startswith(wanted.replace("-", "_") + "_") and "…" in root)


def _roots(text: str) -> list[str]:
    kept_for_later = r"{%-?\s*(?:set\s+\w+|macro\s+[^%]*)\s*-?%}.*?{%-?\s*end(?:set|macro)\s*-?%}"
    parser = _Roots()
    parser.feed(_without_logic(re.sub(kept_for_later, "", text, flags=re.S)))
    return parser.roots


class _Roots(HTMLParser):
    """Collects the ids of the elements on the outermost level; bare text there counts as one."""

    def __init__(self) -> None:
        super().__init__()
        self.roots: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.roots.append(dict(attrs).get("id") or f"<{tag}>")
        if tag not in VOID:
            self.depth += 1

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.depth == 0:
            self.roots.append(dict(attrs).get("id") or f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self.depth -= 1

    def handle_data(self, text: str) -> None:
        if self.depth == 0 and text.strip():
            self.roots.append(f"text {text.strip()[:30]!r}")
