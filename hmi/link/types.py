"""The frozen records that cross from the link's thread to the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class LinkState(StrEnum):
    """How the console stands to the server."""

    CONNECTING = "Connecting"
    LIVE = "Live"
    STALE = "Stale"  # connected, but silent for longer than the freshness bound
    LOST = "Lost"  # no session; reconnecting
    STOPPED = "Stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """The link as the header and the Diagnostics page show it."""

    state: LinkState
    url: str
    reason: str = ""  # plain English, empty while live
    latency_ms: float | None = None  # round trip of the last probe
    silent_s: float | None = None  # monotonic age of the last notification or keep-alive
    stale_after_s: float = 1.0  # the bound in force
    reconnects: int = 0
    server_version: str = ""
    stop_ready: bool = False  # the e-stop session is live
    stop_latency_ms: float | None = None
    commands_ready: bool = False  # the command session is live
    user: str = ""  # who is logged in, empty for nobody
    takes_login: bool = False  # the server knows users, and what we send it is encrypted
    encryption: str = ""  # the channel's policy, "Aes256_Sha256_RsaPss"; empty where nothing is encrypted
    server_thumbprint: str = ""  # of the certificate that the server has shown
    changed_certificate: str = ""  # thumbprint of a new one that it shows instead of the known one


@dataclass(frozen=True, slots=True, kw_only=True)
class TagInfo:
    """One tag as found on the server."""

    tag_id: int  # dense index into every array of samples
    node_id: str  # "nsu=urn:andon:factory;s=CNC-014/Measurements/Vibration"
    device: str  # "" for plant-wide tags
    group: str  # Measurements, Setpoints, State, Health, Counters, Playback, Diagnostics, ...
    name: str  # browse name
    display_name: str
    description: str = ""
    unit: str = ""  # display symbol, "°C"
    low: float = float("nan")  # EURange
    high: float = float("nan")
    normal_low: float = float("nan")
    normal_high: float = float("nan")
    precision: int = 1
    writable: bool = False
    is_text: bool = False
    on_demand: bool = False  # subscribed when a page first wants it, not with the others
    states: tuple[str, ...] = ()  # EnumStrings, or (false text, true text)
    limits: Mapping[str, float] = field(default_factory=dict)  # LowLow, Low, High, HighHigh -> value
    limit_nodes: Mapping[str, str] = field(default_factory=dict)  # the same keys -> NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """One device as found on the server."""

    tag: str  # "CNC-014"
    node_id: str
    type_name: str  # "CncMachineType"
    display_name: str
    area: str
    line: str
    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    tags: tuple[int, ...] = ()
    methods: Mapping[str, str] = field(default_factory=dict)  # "Start" -> NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantModel:
    """Everything the console found by browsing; replaced whole after a reconnect to another plant."""

    plant_name: str
    devices: tuple[DeviceInfo, ...]
    tags: tuple[TagInfo, ...]
    methods: Mapping[str, str] = field(default_factory=dict)  # plant-wide: "EmergencyStopAll" -> NodeId


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleBatch:
    """New values of numeric tags, one row a value; a tag may occur more than once, oldest first."""

    tag_ids: NDArray[np.int32]
    values: NDArray[np.float64]  # NaN where the server sent no value
    status: NDArray[np.uint32]  # OPC UA status codes
    source_ns: NDArray[np.int64]  # SourceTimestamp, ns since 1970 UTC; 0 where absent
    arrived_s: float  # time.monotonic() of arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSample:
    """A new value of a tag that is not a number."""

    tag_id: int
    text: str
    status: int
    source_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionEvent:
    """The state of one alarm, as the last event or refresh told it."""

    condition_id: str  # NodeId of the condition, "nsu=...;s=GEN-001/Alarms/OilLeak"
    event_id: bytes
    device: str
    source: str  # SourceName: tag or device
    name: str  # ConditionName
    message: str
    severity: int  # 1..1000
    priority: int  # 1..4
    predicted: bool
    active: bool
    acknowledged: bool
    retain: bool
    time_ns: int  # of this event
    active_ns: int  # when it became active, 0 if unknown
    comment: str = ""
    user: str = ""
    cause: str = ""
    consequence: str = ""
    action: str = ""
    respond_within_s: float = float("nan")
    evidence: str = ""  # what else fired on it, in plain words


class CommandStage(StrEnum):
    """How far a command has come."""

    SENT = "Sent"
    ACCEPTED = "Accepted"
    READ_BACK = "Read back"
    VERIFIED = "Effect verified"
    REFUSED = "Refused"
    UNKNOWN = "Outcome unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """What the operator asked for; `command_id` makes a retry safe."""

    command_id: str  # GUID text
    device: str  # "" for plant-wide
    target: str  # NodeId of a method, a setpoint or a limit
    label: str  # "Spindle speed 2 600 → 2 400 rpm"
    value: float | None = None
    verify_tag: int | None = None  # the tag whose value proves the effect
    verify_value: float | None = None
    expected_sequence: int = 0  # CommandSequence of the device as the operator saw it; 0 = do not check
    reason: str = ""  # why the operator wants it although a trip is predicted; goes into the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandUpdate:
    """One step of a command's life."""

    command_id: str
    device: str
    label: str
    stage: CommandStage
    reason: str = ""  # plain English for Refused and Unknown
    elapsed_ms: float = 0.0
    time_ns: int = 0
    is_final: bool = False  # nothing more will come for this command


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One line of the server's journal."""

    seq: int
    time: str  # ISO-8601 UTC
    kind: str
    device: str
    source: str
    priority: str
    state: str
    message: str
    user: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The answer to a question put to the server (`journal`, `export`, `predict`, ...), by request id."""

    request_id: int
    ok: bool
    error: str = ""
    payload: object = None


@dataclass(frozen=True, slots=True)
class ForecastPair:
    """One figure in both futures."""

    nothing: float
    proposed: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastCurve:
    """One measurement ahead of now, at the forecast's moments."""

    tag: str  # "CNC-014/SpindleTemperature"
    nothing: NDArray[np.float64]
    proposed: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastEvent:
    """An alarm or a trip that is predicted; NaN where it does not come."""

    source: str  # the tag of an alarm, the device of a trip
    what: str  # the limit, or the fault
    nothing_s: float  # seconds from now
    proposed_s: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecast:
    """What becomes of a device if nothing is done, and with another setpoint."""

    times_s: NDArray[np.float64]  # seconds from now
    curves: tuple[ForecastCurve, ...]
    figures: Mapping[str, ForecastPair]  # "DevicesEnergy_kWh" -> both
    alarms: tuple[ForecastEvent, ...] = ()
    trips: tuple[ForecastEvent, ...] = ()
    lives: tuple[tuple[str, ForecastPair], ...] = ()  # ("CNC-014 tool_wear", hours left)
