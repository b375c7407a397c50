"""What stands between a service and whoever calls it: rights and audit, wired in when the server is put together."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from asyncua import ua

from opcua_server.services.caller import Caller


class Guard(Protocol):
    """Asked before every read, write and call of a session."""

    def read(self, caller: Caller, node: ua.NodeId, attribute: int) -> ua.DataValue | None:
        """Return the answer where rights decide it, refusal or value; None where the node has it."""
        ...

    async def write(
        self, caller: Caller, wanted: ua.WriteValue, act: Callable[[], Awaitable[ua.StatusCode]]
    ) -> ua.StatusCode:
        """Have `act` write a value, or refuse."""
        ...

    async def call(
        self,
        caller: Caller,
        wanted: ua.CallMethodRequest,
        act: Callable[[], Awaitable[ua.CallMethodResult]],
    ) -> ua.CallMethodResult:
        """Have `act` call a method, or refuse."""
        ...
