"""FindServers (OPC 10000-4, 5.4.2), asked by anyone who reaches the socket."""

from dataclasses import dataclass
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary

from opcua_server.services.table import Request, ServiceTable


@dataclass(frozen=True, slots=True)
class Discovery:
    """Answers for this one server: nobody registers with it, so there is no other to tell of."""

    inner: Any

    def add_to(self, table: ServiceTable) -> None:
        """Answer the service from now on."""
        number = ua.ObjectIds.FindServersRequest_Encoding_DefaultBinary
        table.add(number, self.find_servers, needs_session=False)

    async def find_servers(self, request: Request) -> ua.FindServersResponse:
        """Describe this server, if it is asked for at all."""
        wanted = struct_from_binary(ua.FindServersParameters, request.body)
        wanted.ServerUris = [uri for uri in wanted.ServerUris or () if uri]  # the library splits each
        found = self.inner.find_servers(wanted, sockname=request.processor.sockname)
        return ua.FindServersResponse(Servers=found)
