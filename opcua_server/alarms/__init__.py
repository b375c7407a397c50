"""The alarm engine: states, sources, records and the journal, without a word of OPC UA."""

from opcua_server.alarms.catalogue import ESTOP_KEY, build_definitions
from opcua_server.alarms.definitions import (
    AlarmDefinition,
    AlarmKind,
    AlarmText,
    DeviceDescription,
    LimitName,
    Limits,
    TagDescription,
)
from opcua_server.alarms.engine import AlarmEngine
from opcua_server.alarms.entries import (
    CommandMark,
    EntryKind,
    JournalEntry,
    JournalRow,
    StoredLatches,
    alarm_entry,
)
from opcua_server.alarms.errors import AlarmError, AlarmRefusal, JournalError, RulesError
from opcua_server.alarms.journal import Journal, JournalReserveError, JournalState
from opcua_server.alarms.journal_read import BadRow, CommandRecord, JournalPage, JournalReader, Restored
from opcua_server.alarms.records import AlarmRecord, AlarmSnapshot, Transition, TransitionKind
from opcua_server.alarms.rules import RuleBook, SystemAlarm, load_rules
from opcua_server.alarms.severity import Priority, priority_of, severity_of
from opcua_server.alarms.states import AlarmState
from opcua_server.alarms.thresholds import LimitChange

__all__ = [
    "ESTOP_KEY",
    "AlarmDefinition",
    "AlarmEngine",
    "AlarmError",
    "AlarmKind",
    "AlarmRecord",
    "AlarmRefusal",
    "AlarmSnapshot",
    "AlarmState",
    "AlarmText",
    "BadRow",
    "CommandMark",
    "CommandRecord",
    "DeviceDescription",
    "EntryKind",
    "Journal",
    "JournalEntry",
    "JournalError",
    "JournalPage",
    "JournalReader",
    "JournalReserveError",
    "JournalRow",
    "JournalState",
    "LimitChange",
    "LimitName",
    "Limits",
    "Priority",
    "Restored",
    "RuleBook",
    "RulesError",
    "StoredLatches",
    "SystemAlarm",
    "TagDescription",
    "Transition",
    "TransitionKind",
    "alarm_entry",
    "build_definitions",
    "load_rules",
    "priority_of",
    "severity_of",
]
