"""The service with little to do: FindServersOnNetwork, put into the table of services."""

from datetime import UTC, datetime

from asyncua import ua

from opcua_server.services.table import Request, ServiceTable

_ID = ua.ObjectIds


def add_small_services(table: ServiceTable) -> None:
    """Have this service answered here."""
    table.add(_ID.FindServersOnNetworkRequest_Encoding_DefaultBinary, _find_on_network, needs_session=False)


async def _find_on_network(_: Request) -> ua.FindServersOnNetworkResponse:
    """Answer with no servers: nothing is announced or listened for by multicast."""
    response = ua.FindServersOnNetworkResponse()
    response.Parameters.LastCounterResetTime = datetime.now(UTC)
    return response
