"""Services with little to do: Cancel and FindServersOnNetwork, put into the table of services."""

from datetime import UTC, datetime

from asyncua import ua
from asyncua.ua.ua_binary import Primitives

from opcua_server.services.table import Request, ServiceTable

_ID = ua.ObjectIds


def add_small_services(table: ServiceTable) -> None:
    """Have these services answered here."""
    table.add(_ID.CancelRequest_Encoding_DefaultBinary, _cancel)
    table.add(_ID.FindServersOnNetworkRequest_Encoding_DefaultBinary, _find_on_network, needs_session=False)


async def _cancel(request: Request) -> ua.CancelResponse:
    """Answer that nothing was cancelled: what is under way acts on the plant, and is answered in a moment anyway."""
    Primitives.UInt32.unpack(request.body)  # the handle of the requests to cancel
    response = ua.CancelResponse()
    response.Parameters.CancelCount = 0
    return response


async def _find_on_network(_: Request) -> ua.FindServersOnNetworkResponse:
    """Answer with no servers: nothing is announced or listened for by multicast."""
    response = ua.FindServersOnNetworkResponse()
    response.Parameters.LastCounterResetTime = datetime.now(UTC)
    return response
