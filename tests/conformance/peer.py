"""A client that sends raw service requests and hands back what came: a refusal is an answer, not an exception."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from asyncua import Client, ua
from asyncua.common.utils import Buffer
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary

PLANT_URI: Final = "urn:andon:factory"
OWN_URI: Final = "urn:example:own"  # own_model.xml
ANSWER_S: Final = 10.0
SESSION_MS: Final = 60_000
_FAULT: Final = ua.NodeId(ua.ObjectIds.ServiceFault_Encoding_DefaultBinary)


class Peer:
    """One session."""

    def __init__(self, client: Client, namespaces: list[str]) -> None:
        self.client = client
        self.namespaces = namespaces

    def node(self, path: str) -> ua.NodeId:
        """Return a NodeId of the plant (`CNC-001/State/Load`), of the own model (`Own/Array`), or one written out (`i=2253`)."""
        if path.startswith("Own"):
            return ua.NodeId(path, self.namespaces.index(OWN_URI))
        if path.startswith(("i=", "ns=")):
            return ua.NodeId.from_string(path)
        return ua.NodeId(path, self.namespaces.index(PLANT_URI))

    def name(self, text: str) -> ua.QualifiedName:
        """Return a browse name of the plant's namespace."""
        return ua.QualifiedName(text, self.namespaces.index(PLANT_URI))

    def post(self, request: Any, seconds: float = ANSWER_S) -> "asyncio.Future[Buffer]":
        """Send a request and do not wait; the answer is not decoded, which can cost this process seconds."""
        protocol = self.client.uaclient.protocol
        assert protocol is not None
        answer = protocol._send_request(request, seconds)
        answer.add_done_callback(_seen)
        return answer

    async def ask(self, request: Any, seconds: float = ANSWER_S) -> Any:
        """Send a request; returns its response, or a ServiceFault."""
        data = await asyncio.wait_for(self.post(request, seconds), seconds)
        if nodeid_from_binary(data.copy()) == _FAULT:
            return struct_from_binary(ua.ServiceFault, data)
        response = getattr(ua, type(request).__name__.replace("Request", "Response"))
        return struct_from_binary(response, data)

    async def results(self, request: Any) -> list[Any]:
        """Send a request; returns the results of its operations.

        Raises:
            ua.UaStatusCodeError: The whole request was refused.
        """
        answer = await self.ask(request)
        answer.ResponseHeader.ServiceResult.check()
        found = answer.Results if hasattr(answer, "Results") else answer.Parameters.Results
        assert isinstance(found, list)
        return found

    async def outcome(self, request: Any) -> str:
        """Send a request; returns the name of its service result: `Good`, `BadNothingToDo`."""
        return str((await self.ask(request)).ResponseHeader.ServiceResult.name)

    async def read(self, path: str, attribute: int = ua.AttributeIds.Value, **fields: Any) -> ua.DataValue:
        """Read one attribute; `fields` are further ones of the ReadValueId, as IndexRange."""
        wanted = ua.ReadValueId(NodeId=self.node(path), AttributeId=ua.AttributeIds(attribute), **fields)
        request = ua.ReadRequest(Parameters=ua.ReadParameters(NodesToRead=[wanted]))
        return (await self.results(request))[0]

    async def value(self, path: str) -> Any:
        """Read a value that must be Good."""
        found = await self.read(path)
        assert found.StatusCode is None or found.StatusCode.is_good(), f"{path}: {found.StatusCode}"
        assert found.Value is not None
        return found.Value.Value

    async def write(self, path: str, value: ua.DataValue, **fields: Any) -> str:
        """Write one value; returns the name of the status."""
        wanted = ua.WriteValue(
            **{"NodeId": self.node(path), "AttributeId": ua.AttributeIds.Value, "Value": value, **fields}
        )
        request = ua.WriteRequest(Parameters=ua.WriteParameters(NodesToWrite=[wanted]))
        return str((await self.results(request))[0].name)

    async def call(self, owner: str, method: str, *arguments: ua.Variant) -> ua.CallMethodResult:
        """Call one method."""
        wanted = ua.CallMethodRequest(
            ObjectId=self.node(owner), MethodId=self.node(method), InputArguments=list(arguments)
        )
        request = ua.CallRequest(Parameters=ua.CallParameters(MethodsToCall=[wanted]))
        return (await self.results(request))[0]


def _seen(answer: "asyncio.Future[Buffer]") -> None:
    """Take note of an answer that nobody waits for any more when the connection ends."""
    if not answer.cancelled():
        answer.exception()


@asynccontextmanager
async def connected(endpoint: str, name: str = "") -> AsyncIterator[Peer]:
    """Connect for the length of a block; `name` is what the session calls itself."""
    # Its own look at the connection must not come between, nor give up behind a long request of the test.
    client = Client(endpoint, timeout=ANSWER_S, watchdog_intervall=ANSWER_S)
    client.session_timeout = SESSION_MS
    client.description = name or client.description
    try:
        await client.connect()
        namespaces = await client.get_namespace_array()
    except (OSError, TimeoutError, ua.UaError) as problem:
        raise RuntimeError(f"no session at {endpoint}: {problem!r}") from problem
    try:
        yield Peer(client, namespaces)
    finally:
        with suppress(OSError, TimeoutError, ua.UaError):
            await client.disconnect()
        protocol = client.uaclient.protocol
        if protocol is not None and protocol.transport is not None:
            protocol.transport.abort()
            await asyncio.sleep(0)  # the loop closes the socket at its next turn
