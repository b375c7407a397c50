"""EnabledFlag: who may, turns the standard's diagnostics off and on (OPC 10000-5, 6.3.3)."""

from typing import Final

from asyncua import ua

from opcua_server.dataplane.publish import Publisher
from opcua_server.services.attributes import Door
from opcua_server.services.caller import Caller
from opcua_server.services.status import status

FLAG: Final = ua.NodeId(ua.ObjectIds.Server_ServerDiagnostics_EnabledFlag)


class DiagnosticsSwitch:
    """Stands before the door of the plant, and takes what is written to the flag."""

    def __init__(self, door: Door | None, publisher: Publisher) -> None:
        self._door = door
        self._publisher = publisher
        self.is_on = True

    async def show(self) -> None:
        """Write the flag as it is."""
        await self._publisher.put(FLAG, self.is_on, ua.VariantType.Boolean)

    async def write(self, caller: Caller, node: ua.NodeId, value: ua.Variant) -> ua.StatusCode:
        """Take a write to the flag; any other is the plant's."""
        if node == FLAG:
            self.is_on = bool(value.Value)
            await self.show()
            return ua.StatusCode()
        if self._door is None:
            return status(ua.StatusCodes.BadNotWritable)
        return await self._door.write(caller, node, value)
