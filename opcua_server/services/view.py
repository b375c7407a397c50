"""The view service set, put into the table of services."""

from asyncua import ua
from asyncua.server.address_space import AddressSpace
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, nodeid_to_binary, struct_to_binary

from opcua_server.services.browse import BrowseService
from opcua_server.services.limits import Limits
from opcua_server.services.references import ReferenceTypes
from opcua_server.services.results import Results
from opcua_server.services.table import Request, ServiceTable
from opcua_server.services.translate import TranslateService
from opcua_server.services.wire import count
from opcua_server.services.work import Workbench

_ID = ua.ObjectIds


class ViewRoom:
    """Browse, BrowseNext, TranslateBrowsePathsToNodeIds, RegisterNodes, UnregisterNodes."""

    def __init__(self, aspace: AddressSpace, limits: Limits, bench: Workbench) -> None:
        self._limits = limits
        self._bench = bench
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
        for request, handler in (
            (_ID.RegisterNodesRequest_Encoding_DefaultBinary, self._register),
            (_ID.UnregisterNodesRequest_Encoding_DefaultBinary, self._unregister),
        ):
            table.add(request, handler, in_own_task=True, reads_in_pieces=True)

    async def _register(self, request: Request) -> None:
        """Answer with the ids as they are: looking one up costs the same however it is written."""
        nodes = await self._nodes(request)
        response = ua.RegisterNodesResponse()
        response.ResponseHeader.RequestHandle = request.header.RequestHandle
        head = struct_to_binary(response)[:-4]  # it ends with the list, empty as yet
        request.processor.send_encoded(request, b"".join((head, Primitives.Int32.pack(len(nodes)), *nodes)))

    async def _unregister(self, request: Request) -> ua.UnregisterNodesResponse:
        await self._nodes(request)
        return ua.UnregisterNodesResponse()

    async def _nodes(self, request: Request) -> Results:
        nodes = Results(request)
        async with self._bench.job(request.processor) as job:
            for _ in range(count(request.body, self._limits.max_nodes_per_register_nodes)):
                nodes.add(nodeid_to_binary(nodeid_from_binary(request.body)))
                await job.pause()
        return nodes
