"""node-opcua under its earlier address."""

from tests.support.foreign_client import ForeignClient as NodeClient
from tests.support.foreign_client import node_client, require_node

__all__ = ["NodeClient", "node_client", "require_node"]
