"""Alarms as events and as a whole list; acknowledging them."""

import asyncio
import math
from collections.abc import Callable
from typing import Any, cast

from asyncua import ua
from pytestqt.qtbot import QtBot

from hmi.link.conditions import _STANDARD, ConditionFeed, condition_event, priority_of
from hmi.link.connection import Feed
from hmi.link.node_ids import Namespaces
from hmi.link.types import ConditionEvent
from tests.system.link.conftest import Heard
from tests.system.link.mini_plant import OIL_LEAK, MiniPlant


def test_that_an_alarm_arrives_with_its_fields(heard: Heard, shared_plant: MiniPlant, qtbot: QtBot) -> None:
    shared_plant.raise_alarm()
    qtbot.waitUntil(lambda: bool(heard.conditions), timeout=3000)

    (event,) = heard.conditions
    assert (event.condition_id, event.device, event.name) == (OIL_LEAK, "CNC-001", "OilLeak")
    assert (event.message, event.severity, event.priority) == ("Critical oil leak", 900, 1)
    assert (event.active, event.acknowledged, event.retain) == (True, False, True)
    assert event.respond_within_s == 600.0
    assert event.active_ns == 1_767_225_600 * 10**9  # 2026-01-01 UTC


def test_that_an_alarm_raised_before_is_in_the_first_list(
    linked: Callable[..., Heard], shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.raise_alarm()

    heard = linked(shared_plant.url)

    assert [event.condition_id for event in heard.refreshes[0]] == [OIL_LEAK]
    assert heard.conditions == []


def test_that_an_alarm_that_is_over_is_not_in_the_list(
    linked: Callable[..., Heard], shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    shared_plant.raise_alarm(active=False, retain=False)

    heard = linked(shared_plant.url)

    assert heard.refreshes[0] == ()


def test_that_acknowledging_reaches_the_condition_and_a_refusal_is_plain(
    heard: Heard, shared_plant: MiniPlant, qtbot: QtBot
) -> None:
    good = heard.link.acknowledge(OIL_LEAK, b"\x01\x02", "seen it")
    old = heard.link.acknowledge(OIL_LEAK, b"old", "")
    none = heard.link.acknowledge(OIL_LEAK, b"", "")
    qtbot.waitUntil(lambda: {good, old, none} <= set(heard.replies), timeout=3000)

    assert heard.replies[good].ok
    assert shared_plant.deeds.acknowledged == [(b"\x01\x02", "seen it")]
    assert heard.replies[old].error.startswith("The alarm has changed since")
    assert not heard.replies[none].ok


def test_that_a_foreign_alarm_without_our_fields_is_still_an_alarm() -> None:
    spaces = Namespaces(("http://opcfoundation.org/UA/", "urn:x", "urn:somebody:else"))
    fields = {"ConditionId": ua.NodeId("Boiler.High", 2), "Severity": 650, "Message": ua.LocalizedText("hot")}

    event = condition_event(fields, spaces)

    assert event.condition_id == "nsu=urn:somebody:else;s=Boiler.High"
    assert (event.message, event.priority, event.device) == ("hot", 2, "")
    assert math.isnan(event.respond_within_s)


def test_that_every_severity_has_a_priority() -> None:
    assert [priority_of(severity) for severity in (1000, 900, 700, 500, 200, 1)] == [1, 1, 2, 3, 4, 4]


class FakeConnection:
    """Answers ConditionRefresh with a bracket of two conditions, one of them over."""

    namespaces = Namespaces(("http://opcfoundation.org/UA/", "urn:x", "urn:somebody:else"))

    def __init__(self) -> None:
        self.handler: Callable[[ua.PublishResult], None] = lambda _result: None
        self.refreshes = 0

    async def subscribe(
        self, _interval: float, _count: int, handler: Callable[[ua.PublishResult], None]
    ) -> Feed:
        self.handler = handler
        return Feed(7, 200.0, 5)

    async def monitor(self, _feed: Feed, items: list[Any]) -> list[Any]:
        return [ua.MonitoredItemCreateResult() for _ in items]

    async def call(self, *_arguments: Any) -> None:
        self.refreshes += 1
        self.send(
            {"EventType": ua.NodeId(ua.ObjectIds.RefreshStartEventType)},
            {"ConditionId": ua.NodeId("High", 2), "Retain": True},
            {"ConditionId": ua.NodeId("Low", 2), "Retain": False},
            {"EventType": ua.NodeId(ua.ObjectIds.RefreshEndEventType)},
        )

    def send(self, *events: dict[str, Any]) -> None:
        names = (*_STANDARD, "ConditionId")
        lists = [ua.EventFieldList(1, [ua.Variant(event.get(name)) for name in names]) for event in events]
        result = ua.PublishResult()
        result.NotificationMessage.NotificationData = [ua.EventNotificationList(Events=lists)]
        self.handler(result)


async def test_that_what_lies_between_the_brackets_is_a_list_and_what_comes_after_is_news() -> None:
    connection = FakeConnection()
    news: list[ConditionEvent] = []
    lists: list[tuple[ConditionEvent, ...]] = []
    task = asyncio.create_task(ConditionFeed(cast("Any", connection), news.append, lists.append).run())
    await settled(lambda: len(lists) == 1)

    connection.send({"ConditionId": ua.NodeId("Low", 2), "Retain": True})

    assert [event.condition_id[-4:] for event in lists[0]] == ["High"]
    assert [event.condition_id[-3:] for event in news] == ["Low"]
    task.cancel()


async def test_that_a_server_that_asks_for_it_is_asked_for_the_whole_list_again() -> None:
    connection = FakeConnection()
    lists: list[tuple[ConditionEvent, ...]] = []
    task = asyncio.create_task(
        ConditionFeed(cast("Any", connection), lambda _event: None, lists.append).run()
    )
    await settled(lambda: len(lists) == 1)

    connection.send({"EventType": ua.NodeId(ua.ObjectIds.RefreshRequiredEventType)})
    await settled(lambda: len(lists) == 2)

    assert connection.refreshes == 2
    task.cancel()


async def settled(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0)
