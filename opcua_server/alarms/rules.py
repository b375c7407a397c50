"""Load the rules and texts of alarms from their TOML file."""

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from opcua_server.alarms.definitions import AlarmText
from opcua_server.alarms.errors import RulesError
from opcua_server.alarms.rules_table import RulesTable
from opcua_server.alarms.severity import Priority


class SystemAlarm(StrEnum):
    """Keys of the alarms by which Andon watches itself."""

    JOURNAL_NOT_WRITTEN = "System/JournalNotWritten"
    JOURNAL_SET_ASIDE = "System/JournalSetAside"
    AUDIT_NOT_WRITTEN = "System/AuditNotWritten"
    AUDIT_ALMOST_FULL = "System/AuditAlmostFull"
    DISK_ALMOST_FULL = "System/DiskAlmostFull"
    SCORING_STOPPED = "System/ScoringStopped"
    BUNDLE_MISSING = "System/BundleMissing"
    TICK_OVERRUN = "System/TickOverrun"
    CLOCK_JUMPED = "System/ClockJumped"
    RECORDING_UNUSABLE = "System/RecordingUnusable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonText:
    """One comparison as the file gives it; `bound_text` keeps the figure as written."""

    tag: str
    above: bool
    bound: float
    bound_text: str
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTemplate:
    """What every alarm in the file has. `off_delay_s` keeps it active for that long after its cause has gone."""

    key: str
    name: str
    priority: Priority
    message: str
    text: AlarmText
    on_delay_s: float
    off_delay_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTemplate:
    """A rule over the tags of any one device of a family."""

    alarm: AlarmTemplate
    family: str
    needs_all: bool
    comparisons: tuple[ComparisonText, ...]
    covers: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTemplate:
    """Texts, deadband and delays of the limit alarms on one kind of quantity."""

    quantity: str
    tags: frozenset[str]
    units: frozenset[str]
    deadband_percent: float  # of the tag's scale
    on_delay_s: float
    off_delay_s: float
    high: AlarmText
    low: AlarmText


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictiveTemplate:
    """A predictive alarm and the families that have it: `families`, or all but `except_families` where that is empty."""

    alarm: AlarmTemplate
    families: frozenset[str]
    except_families: frozenset[str]

    def fits(self, family: str) -> bool:
        """Return whether devices of `family` have it."""
        return family in self.families if self.families else family not in self.except_families


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """The whole file."""

    file: str
    rules: tuple[RuleTemplate, ...]
    limits: tuple[LimitTemplate, ...]
    prediction: PredictiveTemplate
    novelty: PredictiveTemplate
    emergency_stop: AlarmTemplate
    system: tuple[AlarmTemplate, ...]

    def limit_template(self, tag: str, unit: str) -> LimitTemplate:
        """Return the entry for a tag: by its name, else by its unit, else the general one."""
        by_name = (entry for entry in self.limits if tag in entry.tags)
        by_unit = (entry for entry in self.limits if unit in entry.units and not entry.tags)
        return next(by_name, None) or next(by_unit, None) or self._general()

    def _general(self) -> LimitTemplate:
        return next(entry for entry in self.limits if not entry.tags and not entry.units)


_DEFAULT_DELAY_S: Final = 0.0


def load_rules(path: Path) -> RuleBook:
    """Return the rules and texts in `path`.

    Raises:
        RulesError: One sentence with file, key, value and bound.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise RulesError(f"{path.name}: cannot be read: {problem}") from problem
    book = _book(RulesTable(path.name, "", content))
    _check(book)
    return book


def _book(top: RulesTable) -> RuleBook:
    book = RuleBook(
        file=top.file,
        rules=tuple(_rule(table) for table in top.tables("rule")),
        limits=tuple(_limit(table) for table in top.tables("limit")),
        prediction=_predictive(top.table("prediction")),
        novelty=_predictive(top.table("novelty")),
        emergency_stop=_closed(top.table("emergency_stop")),
        system=tuple(_closed(table) for table in top.tables("system")),
    )
    top.close()
    return book


def _alarm(table: RulesTable) -> AlarmTemplate:
    return AlarmTemplate(
        key=table.identifier("key"),
        name=table.text("name"),
        priority=Priority(int(table.number("priority", low=1, high=4))),
        message=table.text("message"),
        text=_text(table),
        on_delay_s=table.number("on_delay_s", low=0.0, high=3600.0, default=_DEFAULT_DELAY_S),
        off_delay_s=table.number("off_delay_s", low=0.0, high=3600.0, default=_DEFAULT_DELAY_S),
    )


def _closed(table: RulesTable) -> AlarmTemplate:
    alarm = _alarm(table)
    table.close()
    return alarm


def _text(table: RulesTable) -> AlarmText:
    return AlarmText(
        cause=table.text("cause"),
        consequence=table.text("consequence"),
        action=table.text("action"),
        respond_within_s=table.number("respond_within_s", low=1.0, high=7 * 86400.0),
    )


def _rule(table: RulesTable) -> RuleTemplate:
    needs_all = "all" in table
    if needs_all == ("any" in table):
        table.refuse("all", "any", "needs exactly one of `all` and `any`")
    comparisons = tuple(_comparison(part) for part in table.tables("all" if needs_all else "any"))
    rule = RuleTemplate(
        alarm=_alarm(table),
        family=table.text("family"),
        needs_all=needs_all,
        comparisons=comparisons,
        covers=table.names("covers"),
    )
    for name in rule.covers - {part.tag for part in comparisons}:
        table.refuse("covers", name, "is not a tag that the rule compares")
    table.close()
    return rule


def _comparison(table: RulesTable) -> ComparisonText:
    above = "above" in table
    if above == ("below" in table):
        table.refuse("above", "below", "needs exactly one of `above` and `below`")
    key = "above" if above else "below"
    bound = table.number(key)
    comparison = ComparisonText(
        tag=table.identifier("tag"),
        above=above,
        bound=float(bound),
        bound_text=str(bound),
        unit=table.text("unit"),
    )
    table.close()
    return comparison


def _limit(table: RulesTable) -> LimitTemplate:
    high, low = table.table("high"), table.table("low")
    template = LimitTemplate(
        quantity=table.text("quantity"),
        tags=table.names("tags"),
        units=table.names("units"),
        deadband_percent=table.number("deadband_percent", low=0.0, high=50.0),
        on_delay_s=table.number("on_delay_s", low=0.0, high=3600.0),
        off_delay_s=table.number("off_delay_s", low=0.0, high=3600.0),
        high=_text(high),
        low=_text(low),
    )
    for part in (high, low, table):
        part.close()
    return template


def _predictive(table: RulesTable) -> PredictiveTemplate:
    template = PredictiveTemplate(
        alarm=_alarm(table),
        families=table.names("families"),
        except_families=table.names("except_families"),
    )
    table.close()
    return template


def _check(book: RuleBook) -> None:
    if not any(not entry.tags and not entry.units for entry in book.limits):
        raise RulesError(
            f"{book.file}: limit: none of the entries is without `tags` and `units`: a general one is needed"
        )
    given = {f"System/{alarm.key}" for alarm in book.system}
    for wanted in SystemAlarm:
        if wanted not in given:
            raise RulesError(f"{book.file}: system: {wanted.partition('/')[2]!r} is missing")
