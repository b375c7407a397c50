"""Describe alarms on paper: what fires them, what they mean, what the operator does."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from opcua_server.alarms.severity import Priority


class AlarmKind(StrEnum):
    """What an alarm comes from."""

    LIMIT = "limit"
    RULE = "rule"
    PREDICTION = "prediction"
    NOVELTY = "novelty"
    SYSTEM = "system"
    ESTOP = "emergency stop"


PROCESS_KINDS: Final = frozenset({AlarmKind.LIMIT, AlarmKind.RULE})
PREDICTIVE_KINDS: Final = frozenset({AlarmKind.PREDICTION, AlarmKind.NOVELTY})


class LimitName(StrEnum):
    """The four limits by OPC UA's names (OPC 10000-9, 5.8.18, ExclusiveLimitStateMachineType)."""

    LOW_LOW = "LowLow"
    LOW = "Low"
    HIGH = "High"
    HIGH_HIGH = "HighHigh"

    @property
    def is_high(self) -> bool:
        """Whether it bounds from above."""
        return self in {LimitName.HIGH, LimitName.HIGH_HIGH}

    @property
    def is_outer(self) -> bool:
        """Whether it is the more urgent of its side."""
        return self in {LimitName.LOW_LOW, LimitName.HIGH_HIGH}

    @property
    def words(self) -> str:
        """The name as an operator reads it."""
        return {"LowLow": "low-low", "Low": "low", "High": "high", "HighHigh": "high-high"}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of one tag in its own unit; None where there is none."""

    lolo: float | None = None
    lo: float | None = None
    hi: float | None = None
    hihi: float | None = None

    def __iter__(self) -> Iterator[tuple[LimitName, float]]:
        pairs = zip(LimitName, (self.lolo, self.lo, self.hi, self.hihi), strict=True)
        return ((name, value) for name, value in pairs if value is not None)

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def get(self, name: LimitName) -> float | None:
        """Return one limit."""
        return dict(self).get(name)


FIELD_OF: Final[Mapping[LimitName, str]] = {
    LimitName.LOW_LOW: "lolo",
    LimitName.LOW: "lo",
    LimitName.HIGH: "hi",
    LimitName.HIGH_HIGH: "hihi",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TagDescription:
    """One tag as far as alarms need it. `low`..`high` is its scale (EURange)."""

    name: str
    display_name: str
    unit_symbol: str
    precision: int
    low: float
    high: float
    lolo: float | None = None
    lo: float | None = None
    hi: float | None = None
    hihi: float | None = None

    @property
    def limits(self) -> Limits:
        """Its limits."""
        return Limits(lolo=self.lolo, lo=self.lo, hi=self.hi, hihi=self.hihi)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDescription:
    """One device as far as alarms need it."""

    tag: str
    family: str
    tags: tuple[TagDescription, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmText:
    """What an alarm tells the operator beside its message: no alarm without something to do."""

    cause: str
    consequence: str
    action: str
    respond_within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One strict comparison of a tag with a bound. `bound_text` is the bound as the rules file writes it."""

    tag: TagDescription
    above: bool
    bound: float
    bound_text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Comparisons over the tags of one device, of which all or any must hold."""

    needs_all: bool
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmDefinition:
    """One alarm condition.

    `key` is "GEN-001/OilLeak"; the condition's NodeId is made from `node_path`. `device` is empty for plant-wide and
    system alarms, `source` the tag's name or empty. `deadband` is in the tag's unit. A LIMIT alarm's `priority` is that
    of its inner limits; `low_text` replaces `text` while a low limit is the active one.
    """

    key: str
    device: str
    source: str
    name: str
    kind: AlarmKind
    priority: Priority
    message: str
    text: AlarmText
    cause_group: str
    low_text: AlarmText | None = None
    limits: Limits = field(default_factory=Limits)
    deadband: float = 0.0
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    tag: TagDescription | None = None
    rule: Rule | None = None

    @property
    def browse_name(self) -> str:
        """The condition's browse name, "OilLeak"."""
        return self.key.partition("/")[2]

    @property
    def node_path(self) -> str:
        """The condition's identifier, "GEN-001/Alarms/OilLeak"."""
        return f"{self.key.partition('/')[0]}/Alarms/{self.browse_name}"

    @property
    def predicted(self) -> bool:
        """Whether it belongs to the predictive class."""
        return self.kind in PREDICTIVE_KINDS

    def text_for(self, active_limit: LimitName | None) -> AlarmText:
        """Return the texts that fit the side on which a limit is active."""
        is_low = active_limit is not None and not active_limit.is_high
        return self.low_text if is_low and self.low_text is not None else self.text

    def priority_for(self, active_limit: LimitName | None) -> Priority:
        """Return the priority while `active_limit` is the active one: HiHi and LoLo P2, else the definition's own."""
        is_outer = active_limit is not None and active_limit.is_outer
        return min(self.priority, Priority.P2) if is_outer else self.priority

    @property
    def cause(self) -> str:
        """What usually stands behind it."""
        return self.text.cause

    @property
    def consequence(self) -> str:
        """What happens when nobody acts."""
        return self.text.consequence

    @property
    def action(self) -> str:
        """What the operator does."""
        return self.text.action

    @property
    def respond_within_s(self) -> float:
        """Seconds within which the action still helps."""
        return self.text.respond_within_s
