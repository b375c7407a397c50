"""A subscription in raw requests: what is asked for is what is sent, and every message is seen as it came.

With a keep-alive every cycle, an empty message says that the server has nothing more to tell: no test needs to wait for
the clock.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua
from asyncua.ua.ua_binary import nodeid_from_binary, struct_from_binary

from tests.conformance.peer import Peer

SETPOINT = "CNC-001/Setpoints/SpindleSpeedSetpoint"  # a Double from 500 to 12,000 rpm that clients may write
SPAN = 11_500.0  # of its EURange
SWITCH = "CNC-001/State/EmergencyStopLatched"
TEXT = "CNC-001/MachineryItemState/CurrentState"
WAIT_S = 5.0
_FAULT = ua.NodeId(ua.ObjectIds.ServiceFault_Encoding_DefaultBinary)


@dataclass
class Told:
    """What some messages said: values by client handle, in order; events; statuses of the subscription."""

    values: dict[int, list[ua.DataValue]] = field(default_factory=dict)
    events: dict[int, list[list[ua.Variant]]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)

    def numbers(self, handle: int = 1) -> list[Any]:
        """Return the plain values of one item."""
        return [each.Value.Value for each in self.values.get(handle, [])]

    def statuses(self, handle: int = 1) -> list[int]:
        """Return the status codes of one item's values."""
        return [each.StatusCode.value if each.StatusCode else 0 for each in self.values.get(handle, [])]


class Subscriber:
    """One subscription and its items."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.id = 0
        self.granted: Any = None
        self._acks: list[ua.SubscriptionAcknowledgement] = []

    async def open(
        self,
        interval_ms: float = 50.0,
        *,
        lifetime: int = 3000,
        keep_alive: int = 1,
        most: int = 0,
        enabled: bool = True,
        priority: int = 0,
    ) -> "Subscriber":
        """Create the subscription."""
        answer = await self.peer.ask(
            ua.CreateSubscriptionRequest(
                Parameters=ua.CreateSubscriptionParameters(
                    RequestedPublishingInterval=interval_ms,
                    RequestedLifetimeCount=lifetime,
                    RequestedMaxKeepAliveCount=keep_alive,
                    MaxNotificationsPerPublish=most,
                    PublishingEnabled=enabled,
                    Priority=priority,
                )
            )
        )
        answer.ResponseHeader.ServiceResult.check()
        self.granted = answer.Parameters
        self.id = self.granted.SubscriptionId
        return self

    async def monitor(
        self,
        *paths: str,
        attribute: int = ua.AttributeIds.Value,
        stamps: ua.TimestampsToReturn = ua.TimestampsToReturn.Both,
        mode: ua.MonitoringMode = ua.MonitoringMode.Reporting,
        first: int = 1,
        part: str | None = None,
        **parameters: Any,
    ) -> list[ua.MonitoredItemCreateResult]:
        """Create items, with client handles from `first` on; `parameters` are those of MonitoringParameters."""
        asked = {"SamplingInterval": 0.0, "QueueSize": 1, "DiscardOldest": True, **parameters}
        items = [
            ua.MonitoredItemCreateRequest(
                ItemToMonitor=ua.ReadValueId(
                    NodeId=self.peer.node(path), AttributeId=ua.AttributeIds(attribute), IndexRange=part
                ),
                MonitoringMode=mode,
                RequestedParameters=ua.MonitoringParameters(ClientHandle=handle, **asked),
            )
            for handle, path in enumerate(paths, start=first)
        ]
        request = ua.CreateMonitoredItemsRequest(
            Parameters=ua.CreateMonitoredItemsParameters(
                SubscriptionId=self.id, TimestampsToReturn=stamps, ItemsToCreate=items
            )
        )
        return await self.peer.results(request)

    async def status_of(self, path: str, **parameters: Any) -> str:
        """Create one item; returns the name of its status."""
        (result,) = await self.monitor(path, **parameters)
        return str(result.StatusCode.name)

    async def modify(self, item: int, **parameters: Any) -> ua.MonitoredItemModifyResult:
        """Modify one item."""
        (result,) = await self.modify_all([item], **parameters)
        return result

    async def modify_all(self, items: Sequence[int], **parameters: Any) -> list[ua.MonitoredItemModifyResult]:
        """Modify items, all to the same parameters."""
        asked = {"ClientHandle": 1, "SamplingInterval": 0.0, "QueueSize": 1, "DiscardOldest": True}
        wanted = ua.MonitoringParameters(**{**asked, **parameters})
        requests = [
            ua.MonitoredItemModifyRequest(MonitoredItemId=item, RequestedParameters=wanted) for item in items
        ]
        return await self.peer.results(
            ua.ModifyMonitoredItemsRequest(
                Parameters=ua.ModifyMonitoredItemsParameters(
                    SubscriptionId=self.id,
                    TimestampsToReturn=ua.TimestampsToReturn.Both,
                    ItemsToModify=requests,
                )
            )
        )

    async def set_mode(self, mode: ua.MonitoringMode, *items: int) -> list[ua.StatusCode]:
        """Set the monitoring mode of items."""
        return await self.peer.results(
            ua.SetMonitoringModeRequest(
                Parameters=ua.SetMonitoringModeParameters(
                    SubscriptionId=self.id, MonitoringMode=mode, MonitoredItemIds=list(items)
                )
            )
        )

    async def link(
        self, trigger: int, add: Sequence[int] = (), remove: Sequence[int] = ()
    ) -> ua.SetTriggeringResponse:
        """Link items to a triggering one."""
        return await self.peer.ask(
            ua.SetTriggeringRequest(
                Parameters=ua.SetTriggeringParameters(
                    SubscriptionId=self.id,
                    TriggeringItemId=trigger,
                    LinksToAdd=list(add),
                    LinksToRemove=list(remove),
                )
            )
        )

    async def set_publishing(self, enabled: bool) -> None:
        """Let it publish, or not."""
        (code,) = await self.peer.results(
            ua.SetPublishingModeRequest(
                Parameters=ua.SetPublishingModeParameters(
                    PublishingEnabled=enabled, SubscriptionIds=[self.id]
                )
            )
        )
        code.check()

    async def message(self, seconds: float = WAIT_S) -> ua.PublishResult:
        """Send one publish request, with acknowledgements of what came before; returns what it brought.

        Raises:
            TimeoutError: Nothing.
            ua.UaStatusCodeError: A refusal.
        """
        return await publish(self.peer, self._acks, seconds)

    async def drain(self, told: Told | None = None) -> Told:
        """Take messages until one is empty."""
        told = told if told is not None else Told()
        while True:
            result = await self.message()
            if not result.NotificationMessage.NotificationData:
                return told
            take(told, result)

    async def settle(self) -> None:
        """Take what there is by now, and forget it."""
        await self.drain()

    async def write(self, value: float, path: str = SETPOINT) -> None:
        """Write a number and wait until it is read back."""
        data = ua.DataValue(ua.Variant(value, ua.VariantType.Double))
        data.StatusCode = None
        name = await self.peer.write(path, data)
        assert name == "Good", name
        deadline = time.monotonic() + WAIT_S
        while await self.peer.value(path) != value:
            assert time.monotonic() < deadline, f"{path} does not take {value}"


def take(told: Told, result: ua.PublishResult) -> None:
    """Add what a message says."""
    for each in result.NotificationMessage.NotificationData or []:
        if isinstance(each, ua.DataChangeNotification):
            for item in each.MonitoredItems:
                told.values.setdefault(item.ClientHandle, []).append(item.Value)
        elif isinstance(each, ua.EventNotificationList):
            for event in each.Events:
                told.events.setdefault(event.ClientHandle, []).append(event.EventFields)
        else:
            told.changes.append(each.Status.name)


async def publish(
    peer: Peer,
    acks: list[ua.SubscriptionAcknowledgement] | None = None,
    seconds: float = WAIT_S,
    *,
    hint_ms: int = 0,
) -> ua.PublishResult:
    """Send one publish request; returns its answer, and notes in `acks` what is to be acknowledged next."""
    acks = acks if acks is not None else []
    request = ua.PublishRequest(Parameters=ua.PublishParameters(SubscriptionAcknowledgements=list(acks)))
    acks.clear()
    answer = await answered(peer.post(request, hint_ms / 1000.0), seconds)  # the client tells its patience
    answer.ResponseHeader.ServiceResult.check()
    result = answer.Parameters
    if result.NotificationMessage.NotificationData:
        acks.append(
            ua.SubscriptionAcknowledgement(
                SubscriptionId=result.SubscriptionId,
                SequenceNumber=result.NotificationMessage.SequenceNumber,
            )
        )
    return result


async def answered(future: "asyncio.Future[Any]", seconds: float = WAIT_S) -> Any:
    """Wait for a publish response or a fault."""
    data = await asyncio.wait_for(future, seconds)
    if nodeid_from_binary(data.copy()) == _FAULT:
        return struct_from_binary(ua.ServiceFault, data)
    return struct_from_binary(ua.PublishResponse, data)
