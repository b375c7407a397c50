"""Method calls with checked arguments, a known caller and a reason for every refusal.

The library passes any number and type of arguments to the handler and does not say who calls (OPC 10000-4, 5.12.2 wants
Bad_ArgumentsMissing, Bad_TooManyArguments, Bad_TypeMismatch per argument).
"""

import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import cast

from asyncua import ua
from asyncua.server.address_space import AddressSpace, MethodService
from typing_extensions import override

from opcua_server.services.caller import Caller, current_caller
from opcua_server.services.guard import Guard
from opcua_server.services.limits import LIMITS
from opcua_server.services.method_owners import MethodOwners
from opcua_server.services.status import GOOD, status
from opcua_server.services.wire import check_count
from opcua_server.services.work import Gate, Pace

_log = logging.getLogger(__name__)

Handler = Callable[[Caller, ua.NodeId, Sequence[ua.Variant]], Awaitable[list[ua.Variant]]]

# How an abstract or aliased argument type is encoded (OPC 10000-5): the type's number -> the built-in one.
_ALIASES = {ua.ObjectIds.UtcTime: ua.ObjectIds.DateTime, ua.ObjectIds.Duration: ua.ObjectIds.Double}
_ANY = ua.ObjectIds.BaseDataType


class MethodRefusedError(Exception):
    """A call that cannot be done: a status for the client, a sentence for the person."""

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        argument: int | None = None,
        argument_status: int = ua.StatusCodes.BadOutOfRange,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.argument = argument  # index of the argument at fault
        self.argument_status = argument_status


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundMethod:
    """What a method node does, the built-in types of its arguments (0 for any), and which of them are arrays."""

    handler: Handler
    kinds: tuple[int, ...]
    arrays: frozenset[int] = frozenset()


class CheckedMethodService(MethodService):
    """Calls bound handlers; what is not bound goes the library's way."""

    def __init__(self, aspace: AddressSpace) -> None:
        super().__init__(aspace)
        self._gate = Gate()
        self._bound: dict[ua.NodeId, BoundMethod] = {}
        self._owners = MethodOwners(aspace)
        self.guard: Guard | None = None

    def bind(
        self, method: ua.NodeId, handler: Handler, kinds: Sequence[int] = (), arrays: Collection[int] = ()
    ) -> None:
        """Say what `method` does; `kinds` are the numbers of its arguments' data types, `arrays` the arrays among them."""
        self._bound[method] = BoundMethod(
            handler=handler,
            kinds=tuple(_ALIASES.get(kind, kind) for kind in kinds),
            arrays=frozenset(arrays),
        )

    @override
    async def call(self, methods: list[ua.CallMethodRequest]) -> list[ua.CallMethodResult]:
        if not current_caller().internal:
            check_count(len(methods or ()), LIMITS.max_nodes_per_method_call)
        pace, results = Pace(self._gate), []
        for method in methods:
            results.append(await self._call(method))
            await pace.pause()
        return results

    @override
    async def _call(self, method: ua.CallMethodRequest) -> ua.CallMethodResult:
        caller = current_caller()
        if self.guard is None or caller.internal:
            return await self._answer(method)
        return await self.guard.call(caller, method, lambda: self._answer(method))

    async def _answer(self, method: ua.CallMethodRequest) -> ua.CallMethodResult:
        problem = self._owners.problem(method.ObjectId, method.MethodId)
        if problem is not None:
            return ua.CallMethodResult(StatusCode=status(problem))
        bound = self._bound.get(method.MethodId)
        if bound is None:
            return await self._call_unbound(method)
        arguments = list(method.InputArguments or [])
        result = ua.CallMethodResult()
        try:
            _check_arguments(bound, arguments)
            result.OutputArguments = await bound.handler(current_caller(), method.ObjectId, arguments)
        except MethodRefusedError as refusal:
            _refuse(result, refusal, len(arguments))
            return result
        except Exception:  # noqa: BLE001  # a fault of ours must not end the client's connection
            _log.exception("the method %s failed", method.MethodId)
            return ua.CallMethodResult(StatusCode=status(ua.StatusCodes.BadInternalError))
        result.InputArgumentResults = [GOOD for _ in arguments]
        return result

    async def _call_unbound(self, method: ua.CallMethodRequest) -> ua.CallMethodResult:
        if self._aspace[method.MethodId].call is not None:
            return await super()._call(method)
        return ua.CallMethodResult(StatusCode=status(ua.StatusCodes.BadNotImplemented))


def _check_arguments(bound: BoundMethod, arguments: Sequence[ua.Variant]) -> None:
    if len(arguments) < len(bound.kinds):
        wanted = len(bound.kinds)
        raise MethodRefusedError(
            ua.StatusCodes.BadArgumentsMissing, f"{wanted} arguments are needed, {len(arguments)} were given."
        )
    if len(arguments) > len(bound.kinds):
        raise MethodRefusedError(
            ua.StatusCodes.BadTooManyArguments,
            f"{len(bound.kinds)} arguments are taken, {len(arguments)} were given.",
        )
    for index, (kind, argument) in enumerate(zip(bound.kinds, arguments, strict=True)):
        is_array = index in bound.arrays
        is_given_as_array = isinstance(argument.Value, list) or (is_array and argument.Value is None)
        if kind not in (_ANY, argument.VariantType.value) or (kind != _ANY and is_given_as_array != is_array):
            wanted_text = f"{'an array of' if is_array else 'a'} {ua.VariantType(kind).name}"
            given_text = f"{'an array of' if is_given_as_array else 'a'} {argument.VariantType.name}"
            raise MethodRefusedError(
                ua.StatusCodes.BadInvalidArgument,
                f"Argument {index + 1} must be {wanted_text}, not {given_text}.",
                argument=index,
                argument_status=ua.StatusCodes.BadTypeMismatch,
            )


def _refuse(result: ua.CallMethodResult, refusal: MethodRefusedError, count: int) -> None:
    result.StatusCode = status(refusal.status)
    result.InputArgumentResults = [GOOD for _ in range(count)]
    if refusal.argument is not None and refusal.argument < count:
        result.InputArgumentResults[refusal.argument] = status(refusal.argument_status)
    # The one place where the protocol lets a reason travel with a refused call.
    result.InputArgumentDiagnosticInfos = [
        ua.DiagnosticInfo(AdditionalInfo=cast("ua.String", refusal.reason))
    ]
