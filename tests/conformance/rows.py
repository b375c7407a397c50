"""What stock asyncua 2.1 answers wrongly, row by row, and which tests prove that this server does not.

The tests of this folder name their row by `@pytest.mark.row(n)`; the others are named here. The table in
`resources/docs/conformance.md` is made from both by `python -m tests.conformance.test_rows`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent
TESTS: Final = FOLDER.parent


@dataclass(frozen=True)
class Row:
    """One behaviour."""

    number: int
    behaviour: str
    elsewhere: tuple[str, ...] = ()  # files of tests, or `file::test`, below tests/
    missing: str = ""  # what is not there, said to the reader


_SECURITY: Final = "conformance/test_security_channel.py"
_ROLES: Final = "conformance/test_security_roles.py"
_NO_HISTORY: Final = (
    "no value of a node is kept for HistoryRead yet; it answers BadHistoryOperationUnsupported"
)
ROWS: Final = (
    Row(1, "Browse in pages, BrowseNext, ResultMask, View", ("interop/test_services.py",)),
    Row(2, "IndexRange on read, write, monitored items and event fields", ("unit/opcua_server/services/test_index_range.py",)),
    Row(3, "TimestampsToReturn, MaxAge, DataEncoding"),
    Row(4, "AccessLevel checked on read; access by user", (f"{_ROLES}::test_that_every_role_gets_over_the_wire_what_the_table_says",)),
    Row(5, "RolePermissions, UserRolePermissions, AccessRestrictions, AccessLevelEx, defaults of a namespace", (f"{_ROLES}::test_that_a_session_reads_what_it_may_do",)),
    Row(6, "Shape and type of what is written"),
    Row(7, "Absolute deadband against the last reported value", ("interop/test_policies.py::test_that_only_changes_past_the_deadband_are_told",)),
    Row(8, "Percent deadband of the EURange", ("interop/test_policies.py::test_that_only_changes_past_the_deadband_are_told",)),
    Row(9, "SamplingInterval"),
    Row(10, "Queue sizes, DiscardOldest, the Overflow bit", ("interop/test_policies.py::test_that_a_full_queue_drops_and_tells_it",)),
    Row(11, "Monitoring modes, SetTriggering"),
    Row(12, "MaxNotificationsPerPublish, MoreNotifications"),
    Row(13, "ModifySubscription", ("interop/test_policies.py::test_that_a_modified_subscription_changes_its_pace",)),
    Row(14, "ModifyMonitoredItems, item by item", ("interop/test_policies.py::test_that_a_modified_item_does_as_it_is_told_anew",)),
    Row(15, "TransferSubscriptions that goes on delivering", ("interop/test_policies.py::test_that_a_transferred_subscription_delivers_to_its_new_session",)),
    Row(16, "Republish"),
    Row(17, "Subscriptions are their session's alone"),
    Row(18, "Events heard up the tree of notifiers", ("interop/test_alarming.py::test_that_an_alarm_reaches_every_filter_and_notifier",)),
    Row(19, "Event filters: OfType with subtypes, Like, bits, EventFilterResult", ("unit/opcua_server/services/test_where.py", "unit/opcua_server/services/test_like.py", "interop/test_policies.py::test_that_events_come_as_they_are_selected_and_filtered")),
    Row(20, "Conditions: states and methods", ("interop/test_alarming.py",), "Acknowledge and ConditionRefresh; the other methods of conditions answer BadNotImplemented"),
    Row(21, "ConditionRefresh, its brackets, and the event of lost events", ("interop/test_alarming.py::test_that_a_refresh_repeats_every_retained_alarm_between_brackets", "interop/test_alarming.py::test_that_no_filter_holds_back_the_brackets_of_a_refresh")),
    Row(22, "Event fields of times and durations"),
    Row(23, "HistoryRead in pages", missing=_NO_HISTORY),
    Row(24, "Aggregates, values at a time, modified values", missing=_NO_HISTORY),
    Row(25, "HistoryUpdate, annotations", missing="out of scope: history is not changed by clients; BadServiceUnsupported"),
    Row(26, "History of nodes with text ids", missing=_NO_HISTORY),
    Row(27, "Methods: arguments checked, Executable, BadMethodInvalid, the caller known", ("interop/test_commanding.py", "interop/test_services.py::test_that_a_method_of_another_device_is_invalid")),
    Row(28, "A slow call holds up nothing else"),
    Row(29, "ServerDiagnostics, ServerCapabilities, OperationLimits", ("interop/test_policies.py::test_that_who_is_logged_in_is_told_to_security_admins_alone",)),
    Row(30, "Audit events", ("system/test_audit_of_sessions.py",)),
    Row(31, "Security: channels, trust, sessions, logins", (_SECURITY, "attacks/test_rights.py")),
    Row(32, "Unknown services, Cancel, FindServersOnNetwork"),
    Row(33, "mDNS, reverse connect, WebSocket, durable subscriptions, ECC, MQTT", missing="out of scope"),
)  # fmt: skip


def marked() -> dict[int, set[str]]:
    """Return the files of this folder whose tests name a row, by row."""
    found: dict[int, set[str]] = {}
    for path in sorted(FOLDER.glob("test_*.py")):
        for number in _rows_of(path):
            found.setdefault(number, set()).add(f"conformance/{path.name}")
    return found


def _rows_of(path: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "row":
            (number,) = node.args
            assert isinstance(number, ast.Constant)
            assert isinstance(number.value, int)
            yield number.value


def tests_of(file: str) -> set[str]:
    """Return the names of a file's tests; empty where there is no such file."""
    path = TESTS / file
    if not path.is_file():
        return set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
    return {each.name for each in functions if each.name.startswith("test_")}


def exists(named: str) -> bool:
    """Tell whether a file of tests, or one test of it, is there."""
    file, _, test = named.partition("::")
    names = tests_of(file)
    return test in names if test else bool(names)
