"""Name the ways in which instruments, clocks and lines go wrong; every tag that is measured can have each of them."""

from typing import Final

from plant.faults import FaultKind, FaultMode

STUCK: Final = "sensor_stuck"
DROPOUT: Final = "sensor_dropout"
OUT_OF_RANGE: Final = "sensor_out_of_range"
FAILURE: Final = "sensor_failure"
DRIFT: Final = "sensor_drift"
BIAS: Final = "sensor_bias"
SPIKES: Final = "sensor_spikes"
DIPS: Final = "sensor_dips"
NOISE: Final = "sensor_noise"
CLIPPING: Final = "sensor_clipping"
CLOCK: Final = "sensor_clock_offset"
OFFLINE: Final = "offline"

LAST_USABLE_S: Final = 5.0  # how long a silent sensor's last value still counts as usable
# All of these are assumptions at severity 1; they are shares of the tag's scale, so that each unit gets its own.
DRIFT_SHARE: Final = 0.25  # 25 K on a scale of 100 K
DRIFT_S: Final = 4 * 3600.0  # to the whole drift, where no life says otherwise
BIAS_SHARE: Final = 0.1
SPIKE_SHARE: Final = (0.3, 0.6)
SPIKE_EVERY_S: Final = 60.0
SPIKE_LENGTH_S: Final = (1.0, 3.0)
NOISE_SHARE: Final = 0.03
CLOCK_S: Final = 3600.0


def _sensor(name: str, description: str) -> FaultMode:
    return FaultMode(name=name, description=description, kind=FaultKind.SENSOR)


def _line(name: str, description: str) -> FaultMode:
    return FaultMode(name=name, description=description, kind=FaultKind.COMMUNICATION)


COMMON_FAULTS: Final = (
    _sensor(STUCK, "A sensor repeats its last value: Good"),
    _sensor(DROPOUT, f"A sensor stops answering: last value for {LAST_USABLE_S:g} s, then no communication"),
    _sensor(OUT_OF_RANGE, "A sensor reads beyond the end of its scale"),
    _sensor(FAILURE, "A sensor reports that it has failed"),
    _sensor(
        DRIFT, "A sensor drifts by a quarter of its scale, over the fault's life or else four hours: Good"
    ),
    _sensor(BIAS, "A sensor reads a tenth of its scale too much: Good"),
    _sensor(SPIKES, "Now and then a sensor reads far too much for a second or two: Good"),
    _sensor(DIPS, "Now and then a sensor reads far too little for a second or two: Good"),
    _sensor(NOISE, "A loose contact: a sensor's noise grows to 3 % of its scale: Good"),
    _sensor(CLIPPING, "A sensor reads no higher than a point in its normal band: Good"),
    _line(CLOCK, "The clock is slow by up to an hour: source timestamps are wrong, of a tag or of all"),
    _line(OFFLINE, "The device no longer communicates at all"),
)
UTILITY_SENSOR_FAULTS: Final = tuple(mode for mode in COMMON_FAULTS if mode.kind is FaultKind.SENSOR)
WHOLE_DEVICE: Final = frozenset({CLOCK, OFFLINE})  # what acts on all tags where none is named
