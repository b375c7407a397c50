"""The namespaces of an Andon server, and the node ids made from them."""

from dataclasses import dataclass

from asyncua import Server, ua

TYPES_URI = "urn:andon:types"
DI_URI = "http://opcfoundation.org/UA/DI/"
MACHINERY_URI = "http://opcfoundation.org/UA/Machinery/"


def plant_uri(plant_id: str) -> str:
    """Return the namespace URI of one site's instances: two sites never share one."""
    return f"urn:andon:{plant_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespaces:
    """Namespace indexes of one running server. Clients resolve them by URI, never by number."""

    di: int
    machinery: int
    types: int
    plant: int
    plant_uri: str

    def node(self, path: str) -> ua.NodeId:
        """Return the node id of an instance by its path, `CNC-014/Measurements/Vibration`."""
        return ua.NodeId(path, self.plant)

    def type(self, number: int) -> ua.NodeId:
        """Return the node id of one of our types."""
        return ua.NodeId(number, self.types)

    def name(self, text: str) -> ua.QualifiedName:
        """Return a browse name of the plant's namespace."""
        return ua.QualifiedName(text, self.plant)

    def type_name(self, text: str) -> ua.QualifiedName:
        """Return a browse name of the types' namespace."""
        return ua.QualifiedName(text, self.types)

    def printed(self, node: ua.NodeId) -> str:
        """Return a node id as documents print it: `nsu=urn:andon:factory;s=CNC-014/...`."""
        if node.NamespaceIndex == self.plant:
            return f"nsu={self.plant_uri};s={node.Identifier}"
        uris = {self.di: DI_URI, self.machinery: MACHINERY_URI, self.types: TYPES_URI}
        uri = uris.get(node.NamespaceIndex)
        return f"nsu={uri};i={node.Identifier}" if uri else str(node.to_string())


async def register_namespaces(server: Server, plant_id: str) -> Namespaces:
    """Register the namespaces in a fixed order, so that indexes are the same at every start."""
    uri = plant_uri(plant_id)
    return Namespaces(
        di=await server.register_namespace(DI_URI),
        machinery=await server.register_namespace(MACHINERY_URI),
        types=await server.register_namespace(TYPES_URI),
        plant=await server.register_namespace(uri),
        plant_uri=uri,
    )
