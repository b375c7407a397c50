"""Entries for the tests of the journal."""

from datetime import datetime, timedelta
from typing import Any

from opcua_server.alarms import CommandMark, EntryKind, JournalEntry, Transition, alarm_entry
from tests.unit.opcua_server.alarms.bench import START, normal_bench


def note(number: int, **fields: Any) -> JournalEntry:
    """Return a plain entry, `number` seconds after the start."""
    return JournalEntry(time=at(number), kind=EntryKind.SYSTEM, message=f"note {number}", **fields)


def intent(command_id: str, number: int = 0) -> JournalEntry:
    described = {"message": "Start CNC-014", "device": "CNC-014", "user": "local:ann"}
    mark = CommandMark(id=command_id, intent=described)
    return JournalEntry(time=at(number), kind=EntryKind.COMMAND, message="Start CNC-014", command=mark)


def result(command_id: str, outcome: str = "confirmed", number: int = 0) -> JournalEntry:
    mark = CommandMark(id=command_id, result={"outcome": outcome})
    return JournalEntry(time=at(number), kind=EntryKind.COMMAND, message=outcome, command=mark)


def leak() -> Transition:
    """Return the transition of a generator that has begun to leak."""
    bench = normal_bench()
    bench.put("GEN-001", "OilPressure", 1.62)
    (raised,) = bench.tick()
    return raised


def leak_entry() -> JournalEntry:
    return alarm_entry(leak())


def at(number: float) -> datetime:
    return START + timedelta(seconds=number)
