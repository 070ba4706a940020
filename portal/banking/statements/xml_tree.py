"""XML without anything that XML can do: no document types, no entities, no other files, bounded in depth and number."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 40
MOST_NODES = 3_000_000


class XmlRefused(ValueError):
    """Not XML, or more than plain XML. `sentence` is English with blanks, as those of errors."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence, self.values = sentence, values


@dataclass(slots=True)
class Node:
    """An element: `name` without its namespace, which stands in `space`."""

    name: str
    space: str
    attributes: dict[str, str]
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def all(self, path: str) -> list[Node]:
        """The elements at `path`, names joined by slashes, below this one."""
        found = [self]
        for name in path.split("/"):
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def one(self, path: str) -> Node | None:
        found = self.all(path)
        return found[0] if found else None

    def said(self, *paths: str) -> str:
        """The text at the first of `paths` that is there and says something."""
        for path in paths:
            for node in self.all(path):
                if node.text.strip():
                    return node.text.strip()
        return ""


def parse(content: bytes) -> Node:
    """The root with all below it, or XmlRefused."""
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.say
    # A document type is where every known attack begins, and no bank sends one.
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    parser.ProcessingInstructionHandler = builder.pass_over
    try:
        parser.Parse(content, True)
    except expat.ExpatError as wrong:
        raise XmlRefused("The file is not well-formed XML: look at line %(line)s.", line=wrong.lineno) from None
    if builder.root is None:
        raise XmlRefused("There is nothing in this XML.")
    return builder.root


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self.above: list[Node] = []
        self.count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _gap, local = name.rpartition(" ")
        self.count += 1
        if len(self.above) >= DEEPEST or self.count > MOST_NODES:
            raise XmlRefused("This XML is too deep or too long.")
        node = Node(local, space, attributes)
        if self.above:
            self.above[-1].children.append(node)
        else:
            self.root = node
        self.above.append(node)

    def end(self, _name: str) -> None:
        self.above.pop()

    def say(self, text: str) -> None:
        if self.above:
            self.above[-1].text += text

    def refuse(self, *_anything: object) -> int:
        raise XmlRefused("This XML has a document type. No bank sends one, so it is not read.")

    def pass_over(self, *_anything: object) -> None:
        """Instructions to other programs are none to us."""
