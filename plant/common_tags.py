"""List the tags that every device carries beside its own measurements."""

from plant.entities import Family, Group, TagDefinition

STATE_TAGS = (
    TagDefinition(
        name="RunningState",
        display_name="Running state",
        description="What the machine is doing: stopped, starting, running, stopping, stopped by "
        "emergency stop, or offline",
        unit="1",
        group=Group.STATE,
        low=0.0,
        high=5.0,
        normal_low=0.0,
        normal_high=3.0,
        precision=0,
        data_type="Int32",
    ),
    TagDefinition(
        name="Load",
        display_name="Load",
        description="Load that the work in hand asks of the machine",
        unit="percent",
        group=Group.STATE,
        low=0.0,
        high=100.0,
        normal_low=0.0,
        normal_high=100.0,
        precision=1,
    ),
    TagDefinition(
        name="Heartbeat",
        display_name="Heartbeat",
        description="Counts the updates from the device; bad quality means that it is offline",
        unit="count",
        group=Group.STATE,
        low=0.0,
        high=2147483647.0,
        normal_low=0.0,
        normal_high=2147483647.0,
        precision=0,
        data_type="Int32",
    ),
)


def _counter(
    name: str, display: str, description: str, unit: str, *, data_type: str = "Double"
) -> TagDefinition:
    high = 2147483647.0 if data_type == "Int32" else 1e7
    return TagDefinition(
        name=name,
        display_name=display,
        description=description,
        unit=unit,
        group=Group.COUNTERS,
        low=0.0,
        high=high,
        normal_low=0.0,
        normal_high=high,
        precision=0 if data_type == "Int32" else 3,
        data_type=data_type,
    )


COUNTER_TAGS = (
    _counter("RunHours", "Run hours", "Hours of operation since the last maintenance", "h"),
    _counter("Energy", "Energy", "Electrical energy since the counter was fitted", "kWh"),
    _counter("Starts", "Starts", "Number of starts", "count", data_type="Int32"),
    _counter("IdleHours", "Idle hours", "Hours spent running without work since the last maintenance", "h"),
)


def _playback(
    name: str,
    display: str,
    description: str,
    unit: str,
    high: float,
    data_type: str,
    *,
    writable: bool = False,
) -> TagDefinition:
    return TagDefinition(
        name=name,
        display_name=display,
        description=description,
        unit=unit,
        group=Group.PLAYBACK,
        low=0.0,
        high=high,
        normal_low=0.0,
        normal_high=high,
        precision=3 if data_type == "Double" else 0,
        data_type=data_type,
        writable=writable,
    )


PLAYBACK_TAGS = (
    _playback(
        "RecordedTime_s",
        "Recorded time",
        "Time stamp of the row shown, in the recording",
        "s",
        1e10,
        "Double",
    ),
    _playback("Speed", "Playback speed", "Recorded seconds played per second", "x", 100.0, "Double"),
    _playback(
        "Position", "Row", "Number of the row shown, the first being 0", "count", 2147483647.0, "Int32"
    ),
    _playback("Playing", "Playing", "Whether the recording is playing", "1", 1.0, "Boolean"),
)


def common_tags(family: Family) -> tuple[TagDefinition, ...]:
    """Return the tags that the engine adds to a device of this family, in column order."""
    if family is Family.REPLAY:
        return tuple(tag for tag in STATE_TAGS if tag.name != "Load") + PLAYBACK_TAGS
    return STATE_TAGS + COUNTER_TAGS
