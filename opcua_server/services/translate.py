"""TranslateBrowsePathsToNodeIds: names to nodes, each node once a step, within bounds (OPC 10000-4, 5.9.4)."""

from collections.abc import Callable

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.server.address_space import AddressSpace
from asyncua.ua.ua_binary import Primitives, nodeid_from_binary, struct_from_binary, struct_to_binary

from opcua_server.services.browse import Visible
from opcua_server.services.limits import Limits
from opcua_server.services.references import ReferenceTypes
from opcua_server.services.results import Results
from opcua_server.services.status import status
from opcua_server.services.table import Request
from opcua_server.services.wire import count, send_results
from opcua_server.services.work import Job, Workbench

_S = ua.StatusCodes
_WHOLE_PATH = 0xFFFFFFFF  # RemainingPathIndex of a path that was followed to its end


class TranslateService:
    """Answers TranslateBrowsePathsToNodeIds."""

    def __init__(self, aspace: AddressSpace, types: ReferenceTypes, limits: Limits, bench: Workbench) -> None:
        self._aspace = aspace
        self._types = types
        self._limits = limits
        self._bench = bench
        self.visible: Callable[[], Visible | None] = lambda: None  # which nodes the present caller sees

    async def translate(self, request: Request) -> None:
        """Answer a request.

        Raises:
            ServiceError: BadNothingToDo, BadTooManyOperations, BadResponseTooLarge.
        """
        async with self._bench.job(request.processor) as job:
            results = Results(request)
            for _ in range(
                count(request.body, self._limits.max_nodes_per_translate_browse_paths_to_node_ids)
            ):
                start = nodeid_from_binary(request.body)
                elements = await self._elements(request.body, job)
                results.add(struct_to_binary(await self._one(start, elements, job)))
        send_results(request, ua.TranslateBrowsePathsToNodeIdsResponse(), results)

    @staticmethod
    async def _elements(body: Buffer, job: Job) -> list[ua.RelativePathElement]:
        elements = []
        for _ in range(max(0, Primitives.Int32.unpack(body))):
            elements.append(struct_from_binary(ua.RelativePathElement, body))
            await job.pause()
        return elements

    async def _one(
        self, start: ua.NodeId, elements: list[ua.RelativePathElement], job: Job
    ) -> ua.BrowsePathResult:
        if not elements:
            return _failed(_S.BadNothingToDo)
        if len(elements) > self._limits.max_path_elements:
            return _failed(_S.BadQueryTooComplex)
        if any(not element.TargetName.Name for element in elements):
            return _failed(_S.BadBrowseNameInvalid)
        visible = self.visible()
        if start not in self._aspace or (visible is not None and not visible(start)):
            return _failed(_S.BadNodeIdUnknown)
        nodes = [start]
        for element in elements:
            # Each node once: equal names at every step would multiply the work with the length of the path.
            nodes = await self._step(nodes, element, job)
            if visible is not None:
                nodes = [node for node in nodes if visible(node)]
            if len(nodes) > self._limits.max_path_targets:
                return _failed(_S.BadTooManyMatches)
        if not nodes:
            return _failed(_S.BadNoMatch)
        result = ua.BrowsePathResult()
        result.Targets = [
            ua.BrowsePathTarget(TargetId=node, RemainingPathIndex=_WHOLE_PATH) for node in nodes
        ]
        return result

    async def _step(
        self, nodes: list[ua.NodeId], element: ua.RelativePathElement, job: Job
    ) -> list[ua.NodeId]:
        types = self._types.wanted(element.ReferenceTypeId, subtypes=element.IncludeSubtypes)
        name = element.TargetName
        found: dict[ua.NodeId, None] = {}
        for node in nodes:
            data = self._aspace.get(node)
            for reference in data.references if data else ():
                if (
                    reference.BrowseName.Name == name.Name
                    and reference.BrowseName == name
                    and reference.IsForward is not element.IsInverse
                    and (types is None or reference.ReferenceTypeId in types)
                ):
                    found[reference.NodeId] = None
            await job.pause()
        return list(found)


def _failed(code: int) -> ua.BrowsePathResult:
    return ua.BrowsePathResult(StatusCode=status(code))
