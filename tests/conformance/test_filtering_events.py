"""Event filters: checked when set, applied to every event, heard up the tree of notifiers (OPC 10000-4, 7.22.3 and 7.7)."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest
from asyncua import ua
from asyncua.ua.ua_binary import struct_from_binary

from tests.conformance.peer import Peer

_ID = ua.ObjectIds
Op = ua.FilterOperator
DEVICE = "CNC-001"
BASE = ua.NodeId(_ID.BaseEventType)
CONDITION = ua.NodeId(_ID.ConditionType)
SYSTEM = ua.NodeId(_ID.SystemEventType)
ALARM = f"{DEVICE}/Alarms/SpindleTemperature"
BRACKETS = (ua.NodeId(_ID.RefreshStartEventType), ua.NodeId(_ID.RefreshEndEventType))
QUIET_S = 1.0
RAISED_S = 10.0
EVENT_S = 5.0
STOCK_S = 1.5  # the stock server's events come at once or never


def field(
    *path: str, of: ua.NodeId = BASE, attribute: int = ua.AttributeIds.Value
) -> ua.SimpleAttributeOperand:
    names = [ua.QualifiedName(name, 0) for name in path]
    return ua.SimpleAttributeOperand(
        TypeDefinitionId=of, BrowsePath=names, AttributeId=ua.AttributeIds(attribute)
    )


def literal(value: Any, kind: ua.VariantType | None = None) -> ua.LiteralOperand:
    return ua.LiteralOperand(Value=ua.Variant(value, kind))


def element(index: int) -> ua.ElementOperand:
    return ua.ElementOperand(Index=index)


def built(operator: ua.FilterOperator, *operands: Any) -> ua.ContentFilterElement:
    return ua.ContentFilterElement(FilterOperator=operator, FilterOperands=list(operands))


SOURCE, SEVERITY = field("SourceName"), field("Severity")


class Listener:
    """A subscription with one event item; keeps asking for what comes."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.subscription = 0

    async def listen(
        self,
        notifier: str,
        where: Sequence[ua.ContentFilterElement] = (),
        select: Sequence[ua.SimpleAttributeOperand] = (SOURCE,),
    ) -> ua.MonitoredItemCreateResult:
        if not self.subscription:
            made = await self._peer.ask(
                ua.CreateSubscriptionRequest(
                    Parameters=ua.CreateSubscriptionParameters(
                        RequestedPublishingInterval=50.0,
                        RequestedLifetimeCount=1000,
                        RequestedMaxKeepAliveCount=10,
                        PublishingEnabled=True,
                    )
                )
            )
            self.subscription = made.Parameters.SubscriptionId
        filter_ = ua.EventFilter(
            SelectClauses=list(select), WhereClause=ua.ContentFilter(Elements=list(where))
        )
        item = ua.MonitoredItemCreateRequest(
            ItemToMonitor=ua.ReadValueId(
                NodeId=self._peer.node(notifier), AttributeId=ua.AttributeIds.EventNotifier
            ),
            MonitoringMode=ua.MonitoringMode.Reporting,
            RequestedParameters=ua.MonitoringParameters(ClientHandle=1, QueueSize=100, Filter=filter_),
        )
        request = ua.CreateMonitoredItemsRequest(
            Parameters=ua.CreateMonitoredItemsParameters(
                SubscriptionId=self.subscription,
                TimestampsToReturn=ua.TimestampsToReturn.Both,
                ItemsToCreate=[item],
            )
        )
        return (await self._peer.results(request))[0]

    async def events(self, seconds: float) -> list[list[Any]]:
        """Return the fields of the first events, or none when none has come for so long."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while (left := deadline - loop.time()) > 0:
            # Waited for and not cancelled: the answer to a request that is still open may come later.
            asked = self._peer.post(ua.PublishRequest(), EVENT_S)
            await asyncio.wait({asked}, timeout=left)
            if asked.done():
                found = _events_of(struct_from_binary(ua.PublishResponse, asked.result()))
                if found:
                    return found
        return []


def _events_of(response: Any) -> list[list[Any]]:
    found = []
    for data in response.Parameters.NotificationMessage.NotificationData or []:
        if isinstance(data, ua.EventNotificationList):
            found += [[value.Value for value in event.EventFields] for event in data.Events]
    return found


async def provoke(peer: Peer, subscription: int) -> float:
    """Have the device tell of an alarm: our server of one that is there, the stock server by an event of its own.

    Returns:
        How long to wait for what need not come, s.
    """
    if (await peer.read(f"{ALARM}/HighLimit")).StatusCode.name == "BadNodeIdUnknown":
        assert (await peer.call(DEVICE, f"{DEVICE}/EmergencyStop")).StatusCode.is_good()
        return STOCK_S
    await raise_alarm(peer)
    number = ua.Variant(subscription, ua.VariantType.UInt32)
    assert (
        await peer.call(f"i={_ID.ConditionType}", f"i={_ID.ConditionType_ConditionRefresh}", number)
    ).StatusCode.is_good()
    return EVENT_S


async def raise_alarm(peer: Peer) -> None:
    cold = ua.DataValue(ua.Variant(1.0, ua.VariantType.Double))
    if not await peer.value(f"{ALARM}/ActiveState/Id"):
        assert await peer.write(f"{ALARM}/HighLimit", cold) == "Good"
    async with asyncio.timeout(RAISED_S):
        while not await peer.value(f"{ALARM}/ActiveState/Id"):
            continue


async def heard(
    peer: Peer, notifier: str, *where: ua.ContentFilterElement, seconds: float = EVENT_S
) -> list[list[Any]]:
    """Return the events that a new item gets, but for the brackets of a refresh, which no filter holds back."""
    listener = Listener(peer)
    result = await listener.listen(notifier, where, select=[SOURCE, field("EventType")])
    assert result.StatusCode.is_good(), result
    seconds = min(seconds, await provoke(peer, listener.subscription))
    return [event for event in await listener.events(seconds) if event[1] not in BRACKETS]


@pytest.mark.also_on_stock
async def test_that_a_device_tells_its_own_events(peer: Peer) -> None:
    assert await heard(peer, DEVICE)


@pytest.mark.row(18)
@pytest.mark.parametrize("notifier", ["Line/Machining/Line 1", "Area/Machining", "Plant", "i=2253"])
async def test_that_events_are_heard_up_the_tree(peer: Peer, notifier: str) -> None:
    assert await heard(peer, notifier, seconds=EVENT_S)


@pytest.mark.also_on_stock
@pytest.mark.parametrize("notifier", ["GEN-001", "Area/Utilities", "CNC-002"])
async def test_that_another_branch_hears_nothing(peer: Peer, notifier: str) -> None:
    assert await heard(peer, notifier, seconds=QUIET_S) == []


PASSING = {
    "OfType of a supertype": [built(Op.OfType, literal(CONDITION))],
    "Like": [built(Op.Like, SOURCE, literal("%pindle%"))],
    "Like with a set": [built(Op.Like, SOURCE, literal("%[R-T]pindle%"))],
    "Cast": [
        built(Op.Equals, element(1), literal("true")),
        built(Op.Cast, field("ActiveState", "Id"), literal(ua.NodeId(_ID.String))),
    ],
    "BitwiseAnd": [
        built(Op.Equals, element(1), literal(0, ua.VariantType.UInt16)),
        built(Op.BitwiseAnd, SEVERITY, literal(0, ua.VariantType.UInt16)),
    ],
    "BitwiseOr": [
        built(Op.Equals, element(1), literal(0xFFFF, ua.VariantType.UInt16)),
        built(Op.BitwiseOr, SEVERITY, literal(0xFFFF, ua.VariantType.UInt16)),
    ],
    "a field that events do not have is null": [built(Op.IsNull, field("NoSuchField"))],
}

FAILING = {
    "OfType of a foreign type": [built(Op.OfType, literal(SYSTEM))],
    "Like of another": [built(Op.Like, SOURCE, literal("GEN-%"))],
    "null compared": [built(Op.Equals, field("NoSuchField"), literal(1))],
    "Not": [built(Op.Not, element(1)), built(Op.OfType, literal(CONDITION))],
}


@pytest.mark.row(19)
@pytest.mark.parametrize("name", PASSING)
async def test_that_an_event_passes(peer: Peer, name: str) -> None:
    assert await heard(peer, DEVICE, *PASSING[name])


@pytest.mark.only_ours  # what never comes, the stock server does not send either
@pytest.mark.parametrize("name", FAILING)
async def test_that_an_event_is_held_back(peer: Peer, name: str) -> None:
    assert await heard(peer, DEVICE, *FAILING[name], seconds=QUIET_S) == []


REFUSED = {
    "InView": ([built(Op.InView, literal(BASE))], "BadFilterOperatorUnsupported"),
    "RelatedTo": ([built(Op.RelatedTo, *[literal(BASE)] * 6)], "BadFilterOperatorUnsupported"),
    "too few operands": ([built(Op.Equals, SEVERITY)], "BadFilterOperandCountMismatch"),
    "too many operands": ([built(Op.Not, *[literal(True)] * 2)], "BadFilterOperandCountMismatch"),
    "an element that is not there": ([built(Op.Not, element(7))], "BadFilterElementInvalid"),
    "an element that means itself": ([built(Op.Not, element(0))], "BadFilterElementInvalid"),
    "a circle": ([built(Op.Not, element(1)), built(Op.Not, element(0))], "BadFilterElementInvalid"),
    "a type that is a number": ([built(Op.OfType, literal(5))], "BadFilterLiteralInvalid"),
}


@pytest.mark.row(19)
@pytest.mark.parametrize("name", REFUSED)
async def test_that_a_where_clause_that_is_wrong_is_refused_and_told(peer: Peer, name: str) -> None:
    where, expected = REFUSED[name]

    result = await Listener(peer).listen(DEVICE, where)

    assert result.StatusCode.name == "BadEventFilterInvalid"
    assert isinstance(result.FilterResult, ua.EventFilterResult)
    told = [each.StatusCode.name for each in result.FilterResult.WhereClauseResult.ElementResults]
    assert expected in told


@pytest.mark.row(19)
async def test_that_each_select_clause_gets_its_status(peer: Peer) -> None:
    clauses = {
        "Good": SOURCE,
        "BadNodeIdUnknown": field("NoSuchField"),
        "BadTypeDefinitionInvalid": field("SourceName", of=ua.NodeId(_ID.BaseObjectType)),
        "BadBrowseNameInvalid": field(""),
    }

    result = await Listener(peer).listen(DEVICE, select=list(clauses.values()))

    assert result.StatusCode.is_good()
    assert isinstance(result.FilterResult, ua.EventFilterResult)
    assert [each.name for each in result.FilterResult.SelectClauseResults] == list(clauses)


@pytest.mark.row(19)
async def test_that_a_field_of_a_subtype_may_be_asked_of_any_event(peer: Peer) -> None:
    result = await Listener(peer).listen(DEVICE, select=[SOURCE, field("ActiveState", "Id")])

    assert isinstance(result.FilterResult, ua.EventFilterResult)
    assert [each.name for each in result.FilterResult.SelectClauseResults] == ["Good", "Good"]


@pytest.mark.row(2)
async def test_that_a_part_of_a_field_may_be_asked_for(peer: Peer) -> None:
    part, past_the_end, of_a_number = field("SourceName"), field("SourceName"), field("Severity")
    part.IndexRange, past_the_end.IndexRange, of_a_number.IndexRange = "0:3", "900", "0"
    listener = Listener(peer)
    await listener.listen(DEVICE, select=[SOURCE, part, past_the_end, of_a_number, field("EventType")])

    await provoke(peer, listener.subscription)
    told = [each for each in await listener.events(EVENT_S) if each[4] not in BRACKETS]

    assert [each[1:4] for each in told] == [[each[0][:4], None, None] for each in told]
    assert all(len(each[0]) > 4 for each in told)
    assert told


@pytest.mark.row(22)
async def test_that_an_event_tells_when_it_began_and_how_long_there_is(peer: Peer) -> None:
    since, within = field("ActiveState", "TransitionTime"), field("RespondWithin")
    listener = Listener(peer)
    await listener.listen(DEVICE, select=[field("EventType"), since, within, field("Time")])

    await provoke(peer, listener.subscription)
    told = [each for each in await listener.events(EVENT_S) if each[0] not in BRACKETS]

    assert told
    for _, began, milliseconds, at in told:
        assert isinstance(began, datetime)
        assert began <= at
        assert milliseconds > 0.0


@pytest.mark.row(19)
async def test_that_a_filter_without_a_good_select_clause_is_refused(peer: Peer) -> None:
    result = await Listener(peer).listen(DEVICE, select=[field("NoSuchField")])

    assert result.StatusCode.name == "BadEventFilterInvalid"


@pytest.mark.row(19)
async def test_that_an_item_on_a_notifier_needs_an_event_filter(peer: Peer) -> None:
    listener = Listener(peer)
    await listener.listen(DEVICE)
    item = ua.MonitoredItemCreateRequest(
        ItemToMonitor=ua.ReadValueId(NodeId=peer.node(DEVICE), AttributeId=ua.AttributeIds.EventNotifier),
        MonitoringMode=ua.MonitoringMode.Reporting,
    )

    result = await peer.results(
        ua.CreateMonitoredItemsRequest(
            Parameters=ua.CreateMonitoredItemsParameters(
                SubscriptionId=listener.subscription,
                TimestampsToReturn=ua.TimestampsToReturn.Both,
                ItemsToCreate=[item],
            )
        )
    )

    assert result[0].StatusCode.name == "BadMonitoredItemFilterInvalid"
