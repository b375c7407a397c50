"""The view service set, put into the table of services."""

from asyncua import ua
from asyncua.server.address_space import AddressSpace
from asyncua.ua.ua_binary import nodeid_from_binary

from opcua_server.services.browse import BrowseService
from opcua_server.services.limits import Limits
from opcua_server.services.references import ReferenceTypes
from opcua_server.services.table import Request, ServiceTable
from opcua_server.services.translate import TranslateService
from opcua_server.services.wire import count
from opcua_server.services.work import Workbench

_ID = ua.ObjectIds


class ViewRoom:
    """Browse, BrowseNext, TranslateBrowsePathsToNodeIds, RegisterNodes, UnregisterNodes."""

    def __init__(self, aspace: AddressSpace, limits: Limits, bench: Workbench) -> None:
        self._limits = limits
        types = ReferenceTypes(aspace)
        self.browsing = BrowseService(aspace, types, limits, bench)
        self.translating = TranslateService(aspace, types, limits, bench)

    def add_to(self, table: ServiceTable) -> None:
        """Have these services answered here."""
        for request, handler in (
            (_ID.BrowseRequest_Encoding_DefaultBinary, self.browsing.browse),
            (_ID.BrowseNextRequest_Encoding_DefaultBinary, self.browsing.browse_next),
            (_ID.TranslateBrowsePathsToNodeIdsRequest_Encoding_DefaultBinary, self.translating.translate),
        ):
            table.add(request, handler, in_own_task=True, reads_in_pieces=True)
        table.add(_ID.RegisterNodesRequest_Encoding_DefaultBinary, self._register)
        table.add(_ID.UnregisterNodesRequest_Encoding_DefaultBinary, self._unregister)

    async def _register(self, request: Request) -> ua.RegisterNodesResponse:
        """Answer with the ids as they are: looking one up costs the same however it is written."""
        response = ua.RegisterNodesResponse()
        response.Parameters.RegisteredNodeIds = self._nodes(request)
        return response

    async def _unregister(self, request: Request) -> ua.UnregisterNodesResponse:
        self._nodes(request)
        return ua.UnregisterNodesResponse()

    def _nodes(self, request: Request) -> list[ua.NodeId]:
        number = count(request.body, self._limits.max_nodes_per_register_nodes)
        return [nodeid_from_binary(request.body) for _ in range(number)]
