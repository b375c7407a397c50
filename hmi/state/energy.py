"""Work out where the plant's energy goes, and what would lower it."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hmi.link.types import TagInfo
from hmi.state.catalogue import EXPECTED, Metric
from hmi.state.device_columns import DeviceColumns
from hmi.state.families import GENERATOR
from hmi.state.plant_summary import SUMMABLE
from hmi.state.tags import TagStore

WORTH_KW: Final = 0.5  # 12 kWh a day: below that a machine is not worth a restart
HOURS_A_DAY: Final = 24.0
EXCESS_SHARE: Final = 0.05  # of the expected power; less than that is the meter's and the load's scatter
_DRAWN, _IDLE, _GENERATED, _PRICE = (
    "Energy/PowerDrawn",
    "Energy/PowerIdle",
    "Energy/PowerGenerated",
    "Energy/Price",
)
FLOWS: Final = (_DRAWN, _IDLE, _GENERATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyNow:
    """The plant's sums; NaN where the server does not say."""

    drawn_kw: float = math.nan
    idle_kw: float = math.nan
    generated_kw: float = math.nan
    price_eur_kwh: float = math.nan
    earned_eur: float = math.nan
    missing: int = 0  # machines whose power is not known now

    @property
    def cost_eur_h(self) -> float:
        """What the power drawn costs in an hour."""
        return self.drawn_kw * self.price_eur_kwh

    @property
    def idle_eur_day(self) -> float:
        """What the idle power costs in a day."""
        return self.idle_kw * self.price_eur_kwh * HOURS_A_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class LineEnergy:
    """One line of the plant."""

    area: str
    line: str
    drawn_kw: float
    share: float  # of the plant's power, 0..1
    idle_kw: float
    consumed_kwh: float  # by the machines' own counters


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyAction:
    """One thing that would lower consumption."""

    device: str
    what: str
    why: str
    saving_kw: float
    saving_eur_day: float


class EnergyView:
    """Reads the energy of one plant out of the tags."""

    def __init__(self, columns: DeviceColumns, store: TagStore) -> None:
        catalogue = columns.catalogue
        self._columns, self._store = columns, store
        self._plant = {path: catalogue.find_path(path) for path in (*FLOWS, _PRICE)}
        self._revenue = catalogue.column("Measurements", "Revenue")
        self._consumed = catalogue.column("Counters", "Energy")
        makes = np.array([d.type_name == GENERATOR for d in catalogue.devices], bool)
        self._makes = makes
        self._draws = ~makes & (columns.metric_ids[Metric.POWER] >= 0)  # a gateway has no meter

    def flows(self) -> tuple[TagInfo, ...]:
        """Return the tags that the trend shows: drawn, idle, generated."""
        return tuple(tag for path in FLOWS if (tag := self._plant[path]) is not None)

    def expected_power(self) -> tuple[int, ...]:
        """Return the tags of what the machines should draw, where the server says."""
        found = (
            self._columns.catalogue.find(d.tag, EXPECTED, "Power") for d in self._columns.catalogue.devices
        )
        return tuple(tag.tag_id for tag in found if tag is not None)

    def now(self) -> EnergyNow:
        """Return the plant's sums; a foreign server's are summed here."""
        power, trusted = self._power()
        drawn, idle = self._of_plant(_DRAWN), self._of_plant(_IDLE)
        known = self._draws & trusted
        if math.isnan(drawn) and known.any():
            drawn = float(power[known].sum())
        if math.isnan(idle):
            idle = _total(self._columns.idle_kw)
        return EnergyNow(
            drawn_kw=drawn,
            idle_kw=idle,
            generated_kw=self._generated(power, trusted),
            price_eur_kwh=self._of_plant(_PRICE),
            earned_eur=_total(self._gather(self._revenue)),
            missing=int((self._draws & ~trusted).sum()),
        )

    def lines(self) -> tuple[LineEnergy, ...]:
        """Return the lines, the one that draws most first."""
        power, trusted = self._power()
        drawn = np.where(self._draws & trusted, power, 0.0)
        whole = float(drawn.sum())
        consumed = np.where(self._draws, self._gather(self._consumed), 0.0)
        made = []
        for (area, line), members in self._columns.catalogue.lines():
            rows = [self._columns.catalogue.index(member.tag) for member in members]
            kw = float(drawn[rows].sum())
            made.append(
                LineEnergy(
                    area=area,
                    line=line,
                    drawn_kw=kw,
                    share=kw / whole if whole > 0 else 0.0,
                    idle_kw=_total(self._columns.idle_kw[rows]),
                    consumed_kwh=_total(consumed[rows]),
                )
            )
        return tuple(sorted(made, key=lambda each: -each.drawn_kw))

    def actions(self) -> tuple[EnergyAction, ...]:
        """Return what would lower consumption, the largest saving first."""
        price = self._of_plant(_PRICE)
        found = [*self._idling(price), *self._excessive(price)]
        return tuple(sorted(found, key=lambda each: (-each.saving_kw, each.device)))

    def _idling(self, price: float) -> list[EnergyAction]:
        idle = self._columns.idle_kw
        return [
            _action(
                self._columns.catalogue.devices[row].tag,
                "Shut it down in long pauses",
                "runs without work; mean of the last half hour",
                float(idle[row]),
                price,
            )
            for row in np.flatnonzero(_summable(idle) & (idle >= WORTH_KW) & self._draws)
        ]

    def _excessive(self, price: float) -> list[EnergyAction]:
        """Return machines that draw more than their twin expects, for as long as the console has watched."""
        made = []
        for row in np.flatnonzero(self._draws):
            tag = self._columns.catalogue.tag(int(self._columns.metric_ids[Metric.POWER][row]))
            pair = self._expected(tag)
            if tag is None or pair is None:
                continue
            excess, expected = pair
            if excess >= max(WORTH_KW, EXCESS_SHARE * abs(expected)):
                made.append(
                    _action(
                        self._columns.catalogue.devices[row].tag,
                        "Look for wear, then maintain it",
                        f"draws {excess / max(expected, 1e-9):.0%} more than expected",
                        excess,
                        price,
                    )
                )
        return made

    def _expected(self, power: TagInfo | None) -> tuple[float, float] | None:
        """Return how much more than expected a machine drew, kW, and what was expected; None if nobody says."""
        if power is None:
            return None
        found = self._columns.catalogue.find(power.device, EXPECTED, power.name)
        if found is None:
            return None
        times, expected = self._store.history(found.tag_id)
        _, measured = self._store.history(power.tag_id)
        count = min(len(expected), len(measured), _WINDOW)
        if count < _LEAST or not len(times):
            return None
        means = [_mean(values[-count:]) for values in (expected, measured)]
        return (means[1] - means[0], means[0]) if all(map(math.isfinite, means)) else None

    def _power(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        power = self._columns.metrics[Metric.POWER]
        return power, self._columns.trusted[Metric.POWER] & _summable(power)

    def _generated(self, power: NDArray[np.float64], trusted: NDArray[np.bool_]) -> float:
        given = self._of_plant(_GENERATED)
        makers = self._makes & trusted
        return float(power[makers].sum()) if math.isnan(given) and makers.any() else given

    def _of_plant(self, path: str) -> float:
        tag = self._plant[path]
        return math.nan if tag is None else self._store.reading(tag.tag_id).value

    def _gather(self, ids: NDArray[np.intp]) -> NDArray[np.float64]:
        values = np.full(ids.shape, np.nan)
        has = (ids >= 0) & (ids < len(self._store.values))
        values[has] = self._store.values[ids[has]]
        return values


_WINDOW: Final = 600  # samples, ten minutes at the default rate
_LEAST: Final = 60


def _total(values: NDArray[np.float64]) -> float:
    known = values[_summable(values)]
    return float(known.sum()) if known.size else math.nan


def _mean(values: NDArray[np.float64]) -> float:
    known = values[_summable(values)]
    return float(known.mean()) if known.size else math.nan


def _summable(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.abs(values) < SUMMABLE  # NaN is not


def _action(device: str, what: str, why: str, saving_kw: float, price_eur_kwh: float) -> EnergyAction:
    return EnergyAction(
        device=device,
        what=what,
        why=why,
        saving_kw=saving_kw,
        saving_eur_day=saving_kw * price_eur_kwh * HOURS_A_DAY,
    )
