"""A second foreign OPC UA client for the tests: python-opcua, which nobody here wrote, with the same steps as peer.js.

Run as `python -m tests.interop.python_peer`: it reads steps from standard input, one JSON object a line, and answers each with
one. It lives in a process of its own because the library leaves threads behind and prints.
"""

import json
import math
import os
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

warnings.simplefilter("ignore")  # its dependencies deprecate what it uses

from opcua import Client, ua  # noqa: E402  # after its warnings are silenced

from tests.interop.python_subscribing import SubscribingSteps  # noqa: E402

_NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_EVENT_PATHS = (
    "EventId", "EventType", "SourceNode", "SourceName", "Time", "Message", "Severity", "Retain", "ActiveState.Id",
    "AckedState.Id", "ConditionName", "Comment", "ClientUserId",
)  # fmt: skip
_TYPES = {"ConditionType": 2782, "AlarmConditionType": 2915, "BaseEventType": 2041}


class _Client(Client):  # type: ignore[misc, unused-ignore]
    """The library's client, with the server's newest nonce: it keeps the first one, and could log in but once."""

    def activate_session(self, *arguments: Any, **options: Any) -> Any:
        result = super().activate_session(*arguments, **options)
        self._server_nonce = result.ServerNonce
        return result


class Peer(SubscribingSteps):
    """One client and what it has heard."""

    def __init__(self) -> None:
        super().__init__()
        self._client: Any = None
        self._login: dict[str, str] = {}
        self._subscription: Any = None
        self._namespaces: list[str] = []
        self._labels: dict[int, str] = {}
        self._clauses: list[Any] = []
        self._values: dict[str, list[dict[str, Any]]] = {}
        self._events: list[dict[str, Any]] = []
        self._pool = ThreadPoolExecutor(4)
        self._pending: dict[str, Future[dict[str, Any]]] = {}

    def answer(self, step: dict[str, Any]) -> dict[str, Any]:
        """Do one step, or begin it where it says `later`."""
        later = step.pop("later", None)
        if later is None:
            return self._do(step)
        self._pending[later] = self._pool.submit(self._do, step)
        return {"ok": True}

    def _do(self, step: dict[str, Any]) -> dict[str, Any]:
        deed: Callable[..., dict[str, Any]] = getattr(self, f"do_{step.pop('do')}")
        try:
            return {"ok": True, **deed(**step)}
        except Exception as problem:  # noqa: BLE001  # whatever the library raises is the answer
            return {"ok": False, "error": f"{type(problem).__name__}: {problem}"}

    # ---- steps ---------------------------------------------------------------------------------------------------

    def do_connect(self, **login: str) -> dict[str, Any]:
        """Connect; without a policy there is no security, without a user the session is anonymous."""
        self._login = login
        self._client = _connected(**login)
        self._namespaces = self._client.get_namespace_array()
        return {"namespaces": self._namespaces}

    def do_change_user(self, user: str, password: str) -> dict[str, Any]:
        """Have another person take over; the subscriptions stay."""
        self._client.set_password(password)
        self._client.activate_session(user or None, password)
        return {"status": "Good"}

    def do_browse(self, node: str) -> dict[str, Any]:
        found = self._node(node).get_references(direction=ua.BrowseDirection.Forward)
        references = [
            {
                "name": each.BrowseName.Name,
                "node": self._spelled(each.NodeId),
                "reference": each.ReferenceTypeId.to_string(),
                "type": self._spelled(each.TypeDefinition),
            }
            for each in found
        ]
        return {"names": [each["name"] for each in references], "references": references, "status": "Good"}

    def do_browse_pages(self, node: str, size: int) -> dict[str, Any]:
        """Return the sizes of the pages that a node's references come in, and all their names."""
        wanted = ua.BrowseDescription()
        wanted.NodeId = self._node(node).nodeid
        wanted.BrowseDirection = ua.BrowseDirection.Forward
        wanted.ResultMask = 63
        parameters = ua.BrowseParameters()
        parameters.RequestedMaxReferencesPerNode = size
        parameters.NodesToBrowse = [wanted]
        (found,) = self._client.uaclient.browse(parameters)
        pages = [found.References]
        while found.ContinuationPoint:
            further = ua.BrowseNextParameters()
            further.ReleaseContinuationPoints = False
            further.ContinuationPoints = [found.ContinuationPoint]
            (found,) = self._client.uaclient.browse_next(further)
            pages.append(found.References)
        names = [each.BrowseName.Name for page in pages for each in page]
        return {"sizes": [len(page) for page in pages], "names": names, "status": found.StatusCode.name}

    def do_read(self, node: str, attribute: str = "Value", range: str | None = None) -> dict[str, Any]:  # noqa: A002
        parameters = ua.ReadParameters()
        wanted = ua.ReadValueId()
        wanted.IndexRange = range
        wanted.NodeId = self._node(node).nodeid
        wanted.AttributeId = ua.AttributeIds[attribute]
        parameters.NodesToRead = [wanted]
        (data,) = self._client.uaclient.read(parameters)
        return {
            "value": self._plain(data.Value.Value),
            "status": data.StatusCode.name,
            "type": data.Value.VariantType.name,
            "source": self._plain(data.SourceTimestamp),
        }

    def do_read_all(self, nodes: list[str]) -> dict[str, Any]:
        wanted = [self._node(node).nodeid for node in nodes]
        found = self._client.uaclient.get_attributes(wanted, ua.AttributeIds.Value)
        return {"values": [self._plain(data.Value.Value) for data in found]}

    def do_write(self, node: str, value: Any, type: str = "Double") -> dict[str, Any]:  # noqa: A002  # the step's field
        parameters = ua.WriteParameters()
        write = ua.WriteValue()
        write.NodeId = self._node(node).nodeid
        write.AttributeId = ua.AttributeIds.Value
        write.Value = ua.DataValue(self._variant(type, value))
        parameters.NodesToWrite = [write]
        (status,) = self._client.uaclient.write(parameters)
        return {"status": status.name}

    def do_call(self, object: str, method: str, inputs: list[Any] | None = None) -> dict[str, Any]:  # noqa: A002
        request = ua.CallMethodRequest()
        request.ObjectId = self._node(object).nodeid
        request.MethodId = self._node(method).nodeid
        request.InputArguments = [self._variant(kind, value) for kind, value in inputs or []]
        began = time.perf_counter()
        (result,) = self._client.uaclient.call([request])
        ms = (time.perf_counter() - began) * 1000.0
        reasons = [each.AdditionalInfo for each in result.InputArgumentDiagnosticInfos if each.AdditionalInfo]
        return {
            "status": result.StatusCode.name,
            "outputs": [self._plain(variant.Value) for variant in result.OutputArguments],
            "reasons": [self._plain_text(each) for each in reasons],
            "ms": ms,
        }

    def do_subscribe(self, nodes: list[str], interval: float = 100) -> dict[str, Any]:
        subscription = self._subscribed(interval)
        for node in nodes:
            self._values[node] = []
        subscription.subscribe_data_change([self._node(node) for node in nodes], queuesize=100)
        return {}

    def do_values(self, node: str) -> dict[str, Any]:
        return {"values": self._values[node]}

    def do_events(self, node: str = "i=2253", type: str = "", label: str = "") -> dict[str, Any]:  # noqa: A002
        """Subscribe as the library does: with a list of the type's subtypes in the where-clause."""
        subscription = self._subscribed()
        chosen = ua.EventFilter()
        chosen.SelectClauses = self._clauses = [_clause(path) for path in _EVENT_PATHS] + [_condition_id()]
        if type:
            from opcua.common.events import where_clause_from_evtype  # noqa: PLC0415  # its own way of filtering

            chosen.WhereClause = where_clause_from_evtype([self._client.get_node(ua.NodeId(_TYPES[type], 0))])
        handle = subscription.subscribe_events(self._node(node), evfilter=chosen, queuesize=1000)
        self._labels[handle] = label
        return {}

    def do_heard(self) -> dict[str, Any]:
        return {"events": self._events}

    def do_acknowledge(self, condition: str, event: str, comment: str = "") -> dict[str, Any]:
        text = ua.LocalizedText(comment)
        request = ua.CallMethodRequest()
        request.ObjectId = self._node(condition).nodeid
        request.MethodId = ua.NodeId(9111, 0)
        request.InputArguments = [
            ua.Variant(bytes.fromhex(event), ua.VariantType.ByteString),
            ua.Variant(text, ua.VariantType.LocalizedText),
        ]
        (result,) = self._client.uaclient.call([request])
        return {"status": result.StatusCode.name}

    def do_refresh(self) -> dict[str, Any]:
        subscription = self._subscribed()
        number = ["UInt32", subscription.subscription_id]
        return self.do_call("i=2782", "i=3875", [number])

    def do_result(self, of: str) -> dict[str, Any]:
        return self._pending[of].result()

    def do_close(self) -> dict[str, Any]:
        if self._client is not None:
            self._client.disconnect()
        self._client = self._subscription = None
        return {}

    # ---- notifications, in the library's thread ------------------------------------------------------------------

    def datachange_notification(self, node: Any, value: Any, data: Any) -> None:
        found = data.monitored_item.Value
        name = self._spelled(node.nodeid)
        entry = {
            "value": self._plain(value),
            "status": found.StatusCode.name,
            "source": self._plain(found.SourceTimestamp),
        }
        self._values.setdefault(name, []).append(entry)

    def event_notification(self, event: Any) -> None:
        fields = [self._plain(variant.Value) for variant in event.event_fields]
        named = dict(zip((*_EVENT_PATHS, "ConditionId"), fields, strict=True))
        self._events.append({"label": self._labels.get(event.server_handle, ""), **named})

    # ---- inside --------------------------------------------------------------------------------------------------

    @property
    def _connection(self) -> Any:
        return self._client

    def _another(self, **changes: str) -> Any:
        return _connected(**{**self._login, **changes})

    def _go_on_with(self, client: Any) -> None:
        self._client = client

    def _subscribed(self, interval: float = 100) -> Any:
        if self._subscription is None:
            self._subscription = self._client.create_subscription(interval, self)
        return self._subscription

    def _node(self, text: str) -> Any:
        if text.startswith("nsu="):
            uri, _, rest = text[4:].partition(";")
            text = f"ns={self._namespaces.index(uri)};{rest}"
        return self._client.get_node(text)

    def _spelled(self, node: Any) -> str:
        plain = ua.NodeId(node.Identifier, node.NamespaceIndex, node.NodeIdType)
        text = str(plain.to_string())
        if not node.NamespaceIndex:
            return text
        return f"nsu={self._namespaces[node.NamespaceIndex]};{text.partition(';')[2]}"

    def _variant(self, kind: str, value: Any) -> Any:
        variant_type = ua.VariantType[kind]
        if value is None:
            return ua.Variant(None, ua.VariantType.Null)
        if isinstance(value, str) and value in _NOT_FINITE:
            value = _NOT_FINITE[value]
        elif kind == "NodeId":
            value = self._node(value).nodeid
        elif kind == "DateTime":
            value = datetime.fromisoformat(value).astimezone(UTC).replace(tzinfo=None)
        elif kind == "Guid":
            value = UUID(value)
        elif kind == "LocalizedText":
            value = ua.LocalizedText(value)
        elif kind == "ByteString":
            value = bytes.fromhex(value)
        return ua.Variant(value, variant_type)

    def _plain(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        if isinstance(value, float) and not math.isfinite(value):
            return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
        if isinstance(value, bytes):
            return value.hex()
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, ua.NodeId):
            return self._spelled(value)
        if isinstance(value, ua.LocalizedText):
            return value.Text
        if isinstance(value, ua.QualifiedName):
            return value.Name
        if isinstance(value, ua.StatusCode):
            return value.name
        if isinstance(value, Enum):
            return value.value
        fields = getattr(value, "ua_types", None)
        if fields is not None:
            return {name[:1].lower() + name[1:]: self._plain(getattr(value, name)) for name, _ in fields}
        return value if isinstance(value, str | int | float | bool | None) else str(value)

    @staticmethod
    def _plain_text(text: Any) -> str:
        return text.decode() if isinstance(text, bytes) else str(text)


def _connected(
    url: str,
    policy: str = "",
    mode: str = "",
    certificate: str = "",
    key: str = "",
    user: str = "",
    password: str = "",
) -> Any:
    client = _Client(url, timeout=10)
    if policy:
        client.application_uri = "urn:tests:foreign"
        client.set_security_string(f"{policy},{mode},{certificate},{key}")
    if user:
        client.set_user(user)
        client.set_password(password)
    client.connect()
    return client


def _clause(path: str) -> Any:
    clause = ua.SimpleAttributeOperand()
    clause.TypeDefinitionId = ua.NodeId(2041, 0)
    clause.AttributeId = ua.AttributeIds.Value
    clause.BrowsePath = [ua.QualifiedName(name, 0) for name in path.split(".")]
    return clause


def _condition_id() -> Any:
    clause = ua.SimpleAttributeOperand()
    clause.TypeDefinitionId = ua.NodeId(2782, 0)
    clause.AttributeId = ua.AttributeIds.NodeId
    return clause


def main() -> None:
    """Answer steps until standard input ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the library prints must not land among the answers
    peer = Peer()
    for line in sys.stdin:
        answers.write(json.dumps(peer.answer(json.loads(line))) + "\n")
        answers.flush()
    os._exit(0)  # its threads would keep the process


if __name__ == "__main__":
    main()
