"""Look through a NodeSet2 file before anything is made of it: what it brings, what it needs, what is wrong and where."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.parsers import expat

ROOT: Final = "http://opcfoundation.org/UA/2011/03/UANodeSet.xsd UANodeSet"
UA_URI: Final = "http://opcfoundation.org/UA/"
MAX_BYTES: Final = 50_000_000
MAX_NODES: Final = 100_000
_XML_NAMESPACE: Final = ROOT.split(" ")[0]


class NodesetError(Exception):
    """A file that is not taken; the message is one sentence for a person."""


@dataclass(slots=True)
class NodesetFile:
    """What a NodeSet2 file says of itself."""

    path: Path
    uris: list[str] = field(default_factory=list)  # the file's namespaces 1, 2, ...
    models: list[str] = field(default_factory=list)
    required: dict[str, tuple[str, str]] = field(
        default_factory=dict
    )  # model URI -> (version, publication date)
    nodes: dict[str, int] = field(default_factory=dict)  # NodeId as written -> line
    off: list[str] = field(default_factory=list)  # methods that are not executable

    @property
    def brings(self) -> set[str]:
        """The namespaces that it puts nodes into."""
        return {self.uri_of(node) for node in self.nodes}

    def uri_of(self, node: str) -> str:
        """Return the namespace of a NodeId as written in the file.

        Raises:
            NodesetError: The file names no such namespace.
        """
        index = _index(node)
        if index == 0:
            return UA_URI
        if index is None or not 0 < index <= len(self.uris):
            line = self.nodes.get(node, 1)
            raise NodesetError(
                f"{self.path}, line {line}: {node} is in a namespace that the file does not name."
            )
        return self.uris[index - 1]


def _index(node: str) -> int | None:
    if not node.startswith("ns="):
        return 0
    number = node[3:].partition(";")[0]
    return int(number) if number.isascii() and number.isdigit() else None


def read_nodeset(path: Path) -> NodesetFile:
    """Return what a file says of itself.

    Raises:
        NodesetError: It cannot be read, is no NodeSet2 file, is too large, or has a node twice.
    """
    try:
        text = path.read_bytes()
    except OSError as problem:
        raise NodesetError(f"{path} cannot be read: {problem.strerror}.") from problem
    if len(text) > MAX_BYTES:
        raise NodesetError(f"{path} has {len(text)} bytes; {MAX_BYTES} are taken at most.")
    reader = _Reader(NodesetFile(path=path))
    reader.parse(text)
    return reader.found


class _Reader:
    """Collects by the events of the parser, which knows the line."""

    def __init__(self, found: NodesetFile) -> None:
        self.found = found
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._path: list[str] = []
        self._words: list[str] = []

    def parse(self, text: bytes) -> None:
        try:
            self._parser.Parse(text, True)
        except expat.ExpatError as problem:
            what = expat.errors.messages[problem.code]
            raise NodesetError(
                f"{self.found.path}, line {problem.lineno}: not well-formed XML ({what})."
            ) from problem
        if not self.found.nodes:
            raise NodesetError(f"{self.found.path} has no nodes.")

    def _here(self, sentence: str) -> NodesetError:
        return NodesetError(f"{self.found.path}, line {self._parser.CurrentLineNumber}: {sentence}")

    def _doctype(self, *_: object) -> None:
        raise self._here("a document type declaration is not taken; a NodeSet2 file has none.")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._path and name != ROOT:
            raise self._here(
                f"the root element is {name.rsplit(' ', maxsplit=1)[-1]!r} and not the UANodeSet of {_XML_NAMESPACE}."
            )
        local = name.rsplit(" ", maxsplit=1)[-1]
        self._path.append(local)
        self._words = []
        if local == "Model":
            self.found.models.append(attributes.get("ModelUri", ""))
        elif local == "RequiredModel":
            self.found.required[attributes.get("ModelUri", "")] = (
                attributes.get("Version", ""),
                attributes.get("PublicationDate", ""),
            )
        elif len(self._path) == 2 and "NodeId" in attributes:
            self._node(attributes["NodeId"])
            if attributes.get("Executable") in ("false", "0"):
                self.found.off.append(attributes["NodeId"])

    def _node(self, node: str) -> None:
        if node in self.found.nodes:
            raise self._here(f"the node {node} is there twice, first in line {self.found.nodes[node]}.")
        if len(self.found.nodes) >= MAX_NODES:
            raise self._here(f"there are more than {MAX_NODES} nodes.")
        self.found.nodes[node] = self._parser.CurrentLineNumber

    def _text(self, text: str) -> None:
        self._words.append(text)

    def _end(self, _: str) -> None:
        if self._path[-2:] == ["NamespaceUris", "Uri"]:
            self.found.uris.append("".join(self._words).strip())
        self._path.pop()
