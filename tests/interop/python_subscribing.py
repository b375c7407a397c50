"""Steps of the second foreign client that have a subscription of their own; see subscribing.js, which has the same ones."""

import socket
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Final

from opcua import ua
from opcua.common.subscription import Subscription
from opcua.ua.ua_binary import struct_from_binary

_KINDS: Final = {"Absolute": 1, "Percent": 2}
_Step = dict[str, Any]


class _Heard(Subscription):  # type: ignore[misc, unused-ignore]
    """The library's subscription with our items in place of its own, which have fewer parameters."""

    def __init__(self, server: Any, asked: Any, steps: "SubscribingSteps") -> None:
        super().__init__(server, asked, steps)
        self._call_datachange = self._call_event = self._call_status = steps.hear


def _parameters(
    sampling: float = 0.0, queue: int = 100, oldest: bool = True, deadband: Sequence[Any] | None = None
) -> Any:
    parameters = ua.MonitoringParameters()
    parameters.SamplingInterval = sampling
    parameters.QueueSize = queue
    parameters.DiscardOldest = oldest
    if deadband is not None:
        parameters.Filter = ua.DataChangeFilter()
        parameters.Filter.Trigger = ua.DataChangeTrigger.StatusValue
        parameters.Filter.DeadbandType = _KINDS[deadband[0]]
        parameters.Filter.DeadbandValue = deadband[1]
    return parameters


def _granted(result: Any) -> _Step:
    return {
        "status": result.StatusCode.name,
        "sampling": result.RevisedSamplingInterval,
        "queue": result.RevisedQueueSize,
    }


def _field(path: str) -> Any:
    clause = ua.SimpleAttributeOperand()
    clause.TypeDefinitionId = ua.NodeId(2041, 0)
    clause.AttributeId = ua.AttributeIds.Value
    clause.BrowsePath = [ua.QualifiedName(name, 0) for name in path.split("/")]
    return clause


class SubscribingSteps:
    """Filtered, queued, changed, handed over: what the library has no word for goes as its plain requests."""

    def __init__(self) -> None:
        self._mine: Any = None
        self._heir: Any = None
        self._handles = 0
        self._items: dict[str, tuple[int, int]] = {}  # by label: what the client and the server number it by
        self._told: dict[str, list[Any]] = {}
        self._statuses: list[str] = []

    @property
    @abstractmethod
    def _connection(self) -> Any:
        """The connected client."""

    @abstractmethod
    def _another(self, **changes: str) -> Any:
        """Connect once more, as the same user unless another is named."""

    @abstractmethod
    def _go_on_with(self, client: Any) -> None:
        """Be that client from now on."""

    @abstractmethod
    def _node(self, text: str) -> Any: ...

    @abstractmethod
    def _plain(self, value: Any) -> Any: ...

    @abstractmethod
    def _variant(self, kind: str, value: Any) -> Any: ...

    # ---- the subscription and its items --------------------------------------------------------------------------

    def do_open(self, interval: float) -> _Step:
        """Have a new subscription in place of the one before."""
        if self._mine is not None:
            self._mine.delete()
        self._statuses.clear()
        asked = ua.CreateSubscriptionParameters()
        asked.RequestedPublishingInterval = interval
        asked.RequestedLifetimeCount = 1000
        asked.RequestedMaxKeepAliveCount = 5
        asked.PublishingEnabled = True
        self._mine = _Heard(self._connection.uaclient, asked, self)
        return {"id": self._mine.subscription_id}

    def do_monitor(self, node: str, label: str, **asked: Any) -> _Step:
        wanted = ua.ReadValueId()
        wanted.NodeId = self._node(node).nodeid
        wanted.AttributeId = ua.AttributeIds.Value
        return self._create(label, wanted, _parameters(**asked))

    def do_listen(self, node: str, label: str, select: Sequence[str], where: Sequence[_Step]) -> _Step:
        chosen = ua.EventFilter()
        chosen.SelectClauses = [_field(path) for path in select]
        chosen.WhereClause.Elements = [self._element(each) for each in where]
        wanted = ua.ReadValueId()
        wanted.NodeId = self._node(node).nodeid
        wanted.AttributeId = ua.AttributeIds.EventNotifier
        parameters = _parameters()
        parameters.Filter = chosen
        return self._create(label, wanted, parameters)

    def _create(self, label: str, wanted: Any, parameters: Any) -> _Step:
        self._handles += 1
        parameters.ClientHandle = self._handles
        item = ua.MonitoredItemCreateRequest()
        item.ItemToMonitor = wanted
        item.MonitoringMode = ua.MonitoringMode.Reporting
        item.RequestedParameters = parameters
        self._told[label] = []
        self._items[label] = (self._handles, 0)
        request = ua.CreateMonitoredItemsRequest()
        request.Parameters.SubscriptionId = self._mine.subscription_id
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        request.Parameters.ItemsToCreate = [item]
        (result,) = self._ask(request, ua.CreateMonitoredItemsResponse).Results
        self._items[label] = (self._handles, result.MonitoredItemId)
        return _granted(result)

    def do_modify_item(self, label: str, **asked: Any) -> _Step:
        parameters = _parameters(**asked)
        item = ua.MonitoredItemModifyRequest()
        parameters.ClientHandle, item.MonitoredItemId = self._items[label]
        item.RequestedParameters = parameters
        request = ua.ModifyMonitoredItemsRequest()
        request.Parameters.SubscriptionId = self._mine.subscription_id
        request.Parameters.TimestampsToReturn = ua.TimestampsToReturn.Both
        request.Parameters.ItemsToModify = [item]
        (result,) = self._ask(request, ua.ModifyMonitoredItemsResponse).Results
        return _granted(result)

    def do_modify_subscription(self, interval: float) -> _Step:
        request = ua.ModifySubscriptionRequest()
        request.Parameters.SubscriptionId = self._mine.subscription_id
        request.Parameters.RequestedPublishingInterval = interval
        request.Parameters.RequestedLifetimeCount = 1000
        request.Parameters.RequestedMaxKeepAliveCount = 5
        answer = self._ask(request, ua.ModifySubscriptionResponse)
        return {"interval": float(answer.Parameters.RevisedPublishingInterval)}

    def do_publishing(self, on: bool) -> _Step:
        request = ua.SetPublishingModeRequest()
        request.Parameters.SubscriptionIds = [self._mine.subscription_id]
        request.Parameters.PublishingEnabled = on
        (status,) = self._ask(request, ua.SetPublishingModeResponse).Parameters.Results
        return {"status": status.name}

    def do_told(self, label: str) -> _Step:
        return {"told": self._told[label]}

    def do_statuses(self) -> _Step:
        return {"statuses": self._statuses}

    # ---- one session after another -------------------------------------------------------------------------------

    def do_transfer(self, **user: str) -> _Step:
        """Have a second session take the subscription over: the same user's, unless another one is named."""
        self._heir = self._another(**user)
        return {"status": self._transferred(self._heir)}

    def do_inherited(self) -> _Step:
        """Return what one message to the second session says: the values, in their order."""
        answer = self._ask(ua.PublishRequest(), ua.PublishResponse, self._heir)
        data = answer.Parameters.NotificationMessage.NotificationData or []
        items = [item for each in data for item in getattr(each, "MonitoredItems", ())]
        return {"values": [self._plain(item.Value.Value.Value) for item in items]}

    def do_end_transfer(self, taken: bool) -> _Step:
        self._heir.disconnect()
        self._heir = None
        if taken:
            self._mine = None
        return {}

    def do_cut(self) -> _Step:
        """Lose the connection; a new session takes over what the lost one had, as this library keeps no session alive."""
        self._connection.uaclient._uasocket._socket.socket.shutdown(socket.SHUT_RDWR)
        again = self._another()
        assert self._transferred(again) == "Good"
        self._mine.server = again.uaclient
        again.uaclient._publishcallbacks[self._mine.subscription_id] = self._mine.publish_callback
        again.uaclient.publish()
        self._go_on_with(again)
        return {}

    def _transferred(self, client: Any) -> str:
        request = ua.TransferSubscriptionsRequest()
        request.Parameters.SubscriptionIds = [self._mine.subscription_id]
        request.Parameters.SendInitialValues = True
        (result,) = self._ask(request, ua.TransferSubscriptionsResponse, client).Parameters.Results
        return str(result.StatusCode.name)

    # ---- inside --------------------------------------------------------------------------------------------------

    def _ask(self, request: Any, response: Any, client: Any = None) -> Any:
        data = (client or self._connection).uaclient._uasocket.send_request(request)
        answer = struct_from_binary(response, data)
        answer.ResponseHeader.ServiceResult.check()
        return answer

    def _element(self, given: _Step) -> Any:
        element = ua.ContentFilterElement()
        element.FilterOperator = ua.FilterOperator[given["op"]]
        element.FilterOperands = [self._operand(each) for each in given["operands"]]
        return element

    def _operand(self, given: _Step) -> Any:
        if "field" in given:
            return _field(given["field"])
        operand = ua.ElementOperand() if "element" in given else ua.LiteralOperand()
        if "element" in given:
            operand.Index = given["element"]
        else:
            operand.Value = self._variant(*given["literal"])
        return operand

    def hear(self, notification: Any) -> None:
        """Note what a message says, in the library's thread."""
        labels = {handle: label for label, (handle, _) in self._items.items()}
        for item in getattr(notification, "MonitoredItems", ()):
            entry = {"value": self._plain(item.Value.Value.Value), "code": item.Value.StatusCode.value}
            self._told[labels[item.ClientHandle]].append(entry)
        for event in getattr(notification, "Events", ()):
            fields = [self._plain(variant.Value) for variant in event.EventFields]
            self._told[labels[event.ClientHandle]].append(fields)
        if isinstance(notification, ua.StatusChangeNotification):
            self._statuses.append(notification.Status.name)
