"""The Server object's methods about subscriptions: GetMonitoredItems and ResendData (OPC 10000-5, 9.1 and 9.2)."""

from collections.abc import Sequence

from asyncua import ua

from opcua_server.services.caller import Caller
from opcua_server.services.methods import CheckedMethodService, MethodRefusedError
from opcua_server.services.subscriptions.revise import RefusedError
from opcua_server.services.subscriptions.service import AndonSubscriptions

_ID = ua.ObjectIds
_UINT32 = ua.VariantType.UInt32


def bind_server_methods(methods: CheckedMethodService, subscriptions: AndonSubscriptions) -> None:
    """Let the Server object answer for a caller's own subscriptions."""

    async def get_monitored_items(
        caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]
    ) -> list[ua.Variant]:
        try:
            handles = subscriptions.handles(caller.session, arguments[0].Value)
        except RefusedError as refusal:
            raise _refused(refusal) from refusal
        return [
            ua.Variant([server for server, _ in handles], _UINT32, is_array=True),
            ua.Variant([client for _, client in handles], _UINT32, is_array=True),
        ]

    async def resend_data(caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        try:
            subscriptions.resend(caller.session, arguments[0].Value)
        except RefusedError as refusal:
            raise _refused(refusal) from refusal
        return []

    methods.bind(ua.NodeId(_ID.Server_GetMonitoredItems), get_monitored_items, [_ID.UInt32])
    methods.bind(ua.NodeId(_ID.Server_ResendData), resend_data, [_ID.UInt32])


def _refused(refusal: RefusedError) -> MethodRefusedError:
    return MethodRefusedError(refusal.status, "There is no such subscription of this session.")
