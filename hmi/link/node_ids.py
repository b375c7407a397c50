"""Turn NodeIds into text that survives a restart of the server, and back.

A namespace index may change from one start to the next, its URI may not: texts carry `nsu=` (Part 6, 5.3.1.10).
"""

from functools import cached_property

from asyncua import ua

from hmi.link.errors import LinkError

TYPES_URI = "urn:andon:types"
PLANT_URI_PREFIX = "urn:andon:"


class Namespaces:
    """The namespace table of one connection."""

    def __init__(self, uris: tuple[str, ...]) -> None:
        self.uris = uris

    @cached_property
    def types(self) -> int | None:
        """Index of Andon's types, None on a foreign server."""
        return self.uris.index(TYPES_URI) if TYPES_URI in self.uris else None

    @cached_property
    def plant(self) -> int | None:
        """Index of the plant's instances, None on a foreign server."""
        if self.types is None:
            return None
        # ns=1 is the server's own ApplicationUri (Part 3, 8.2.2), which may begin like a plant's.
        for index, uri in enumerate(self.uris):
            if index > 1 and uri.startswith(PLANT_URI_PREFIX) and uri != TYPES_URI:
                return index
        return None

    def text(self, node_id: ua.NodeId) -> str:
        """Return "nsu=urn:andon:factory;s=…", "i=2258"."""
        kind = {
            ua.NodeIdType.String: "s",
            ua.NodeIdType.Guid: "g",
            ua.NodeIdType.ByteString: "b",
        }.get(node_id.NodeIdType, "i")
        identifier = node_id.Identifier
        if isinstance(identifier, bytes):
            identifier = identifier.hex()
        index = int(node_id.NamespaceIndex)
        if index == 0:
            return f"{kind}={identifier}"
        uri = self.uris[index] if index < len(self.uris) else f"ns{index}"
        return f"nsu={uri};{kind}={identifier}"

    def node_id(self, text: str) -> ua.NodeId:
        """Return the NodeId of a text.

        Raises:
            LinkError: The server has no such namespace, or the text is no NodeId.
        """
        index = 0
        rest = text
        if text.startswith("nsu="):
            uri, _, rest = text[4:].partition(";")
            if uri not in self.uris:
                raise LinkError(f"The server does not know the namespace {uri}.")
            index = self.uris.index(uri)
        try:
            return ua.NodeId.from_string(f"ns={index};{rest}")
        except (ua.UaError, ValueError) as error:
            raise LinkError(f"{text!r} is not a NodeId.") from error

    def of_plant(self, path: str) -> ua.NodeId | None:
        """Return the NodeId of a path in the plant, "Plant/Heartbeat"; None on a foreign server."""
        return None if self.plant is None else ua.NodeId(path, self.plant)
