"""Advance the physics of all machines by one step."""

from collections.abc import Sequence

import numpy as np

from plant.columns import Columns, parameter
from plant.control.modes import RunningState, code
from plant.control.sequence import Sequencer
from plant.drive_train import DriveTrain
from plant.entities import DeviceDefinition, Family, Group, TagDefinition
from plant.families.base import FamilyModel, StepContext
from plant.families.registry import MODELS, all_fault_names
from plant.fault_book import FaultBook
from plant.faults import ActiveFault
from plant.laws.cadence import SLOW_S, Cadence
from plant.laws.first_order import Array
from plant.laws.load_cycle import LoadCycle
from plant.laws.sensors import SensorBank
from plant.laws.shifts import ShiftCalendar
from plant.laws.utilities import UTILITY_TAGS, Utilities, UtilityReadings
from plant.parsing import FAMILY_TAGS

_WARM_UP_STEPS, _WARM_UP_DT_S = 80, 80.0  # 107 minutes: several of the longest time constants
_SETTLE_STEPS, _SETTLE_DT_S = 20, 1.0
_RUNNING, _STARTING = code(RunningState.RUNNING), code(RunningState.STARTING)
_WEAR_EVERY_S = 10.0  # load changes within minutes: stress need not be worked out more often


class Machines:
    """All simulated machines, grouped by family so that each family's state is one block of columns."""

    def __init__(self, devices: Sequence[DeviceDefinition], rng: np.random.Generator) -> None:
        """Take machines grouped by family; they begin warm, at their operating point."""
        self.devices = tuple(devices)
        self.position = {device.tag: position for position, device in enumerate(devices)}
        self._rng = rng
        self.columns = Columns(len(devices))
        tables = np.array([MODELS[device.family].actuator_table() for device in devices])
        self.sequencer = Sequencer(self.columns, tables, parameter(devices, "start_s"))
        codes = {name: code for code, name in enumerate(all_fault_names())}
        modes = [MODELS[device.family].faults for device in devices]
        self.faults = FaultBook(self.columns, [device.tag for device in devices], modes, codes, rng)
        self._worn_s = 0.0
        self._water_kw, self._water_clock = 0.0, Cadence(SLOW_S)
        self._build_laws()
        self._place_at_start()
        self._build_families()
        self.time_s = 0.0
        self._warm_up()

    def step(self, dt_s: float) -> list[ActiveFault]:
        """Advance by one step; return the faults that ended in failure. Readings are in `readings`."""
        columns, step = self.columns, self._context
        self.time_s += dt_s
        if self._water_clock.due(dt_s):
            self._water_kw = self._heat_into_water_kw()
        step.dt_s, step.time_s = dt_s, self.time_s
        self.utilities.step(
            dt_s,
            self.time_s,
            float(columns.power_kw.dot(self._grid_sign)),
            self._water_kw,
        )
        noise = self._rng.standard_normal(len(self._noise), out=self._noise)
        self.work.step(dt_s, self.time_s, noise[: columns.n])
        columns.load[...] = self.work.load
        self.sequencer.step(dt_s)
        failures = self._grow_faults(dt_s)
        self.advance(dt_s)
        self._true_utilities[...] = self.utilities.values
        self.sensors.read(self._true, noise[columns.n :], dt_s, self._readings)
        return failures

    def advance(self, dt_s: float) -> None:
        """Advance the physics alone, for the load, modes, setpoints and utilities as they are; see `true`."""
        drives, step = self.drives, self._context
        step.dt_s, step.time_s, step.moves = dt_s, self.time_s, self.sequencer.moves
        drives.turn(dt_s, step.moves)
        for turn in self._turns:
            turn(step)
        drives.load()
        for demand in self._demands:
            demand(step)
        drives.feed(self.utilities.voltage_pu, self.sequencer.is_anything_moving)
        for conduct in self._conducts:
            conduct(step)
        drives.warm(self.utilities, dt_s)
        drives.shake()
        for measure, out in self._measures:
            measure(step, out)

    @property
    def true(self) -> Array:
        """True value of each measurement, in the order of `measurement_of`."""
        return self._true[: self._n_measurements]

    def make_nominal(self) -> None:
        """Take all damage away, as if every machine had just left its works."""
        self.columns.damage[:] = 0.0
        for model in self._models:
            self._degrade(model)

    def _heat_into_water_kw(self) -> float:
        water = self.utilities
        drives = float((self.columns.outer_degc - water.water_degc) @ self.drives.water_kw_per_k)
        return drives * water.water_share + sum(model.water_kw for model in self._models)

    def _grow_faults(self, dt_s: float) -> list[ActiveFault]:
        """Let parts wear, and tell the families whose damage has changed."""
        columns, faults = self.columns, self.faults
        self._worn_s += dt_s
        is_due = self._worn_s >= _WEAR_EVERY_S
        if not (is_due or faults.active or faults.is_changed):
            return []
        running = (columns.mode == _RUNNING) | (columns.mode == _STARTING)
        failures: list[ActiveFault] = []
        if is_due:
            for stress in self._stresses:
                stress(self._context)
            failures = faults.use_up(self._worn_s, self.time_s, running)
            self._worn_s = 0.0
        if faults.active:
            failures += faults.step(dt_s, self.time_s, running)
        if not faults.is_changed:
            return failures
        changed = faults.take_changes()
        for model, part in zip(self._models, self._parts, strict=True):
            if changed[part].any():
                self._degrade(model)
        return failures

    def _degrade(self, model: FamilyModel) -> None:
        model.forget_damage()
        model.degrade()
        self.drives.recool()

    def _build_laws(self) -> None:
        devices, rng = self.devices, self._rng

        models = [MODELS[device.family] for device in devices]
        self.drives = DriveTrain(self.columns, devices, models, rng)
        levels = np.array([parameter(devices, name) for name in ("idle_load", "run_load", "peak_load")])
        calendar = ShiftCalendar(np.array([model.runs_through for model in models]))
        self.work = LoadCycle(levels, parameter(devices, "dwell_s"), calendar, rng)
        self._grid_sign = np.array([-1.0 if device.family is Family.GENERATOR else 1.0 for device in devices])
        mean_kw = float(
            np.sum(self.drives.rated_kw * self._grid_sign * np.where(self._grid_sign > 0, 0.6, 0.7))
        )
        self.utilities = Utilities(max(mean_kw, float(self.drives.rated_kw.sum()) * 0.3), rng)

    def _place_at_start(self) -> None:
        c = self.columns
        for position, device in enumerate(self.devices):
            c.setpoint[position] = device.setpoints[0].initial if device.setpoints else 0.0
            mode = RunningState.RUNNING if device.running else RunningState.STOPPED
            self.sequencer.place([position], mode)
        self.drives.settle()

    def _build_families(self) -> None:
        self._context = StepContext(0.1, 0.0, self.utilities, self._rng)
        self._models: list[FamilyModel] = []
        tags: list[TagDefinition] = []
        self.measurement_of: dict[tuple[str, str], int] = {}
        shapes = []
        self._parts: list[slice] = []
        for family, part in _family_slices(self.devices):
            self._parts.append(part)
            names = FAMILY_TAGS[family][Group.MEASUREMENTS]
            members = self.devices[part]
            self._models.append(MODELS[family](self.columns.block(part), members))
            shapes.append((len(tags), len(names), len(members)))
            for name in names:
                for device in members:
                    self.measurement_of[device.tag, name] = len(tags)
                    tags.append(next(tag for tag in device.measurements if tag.name == name))
        self._turns = [model.turn for model in self._models if type(model).turn is not FamilyModel.turn]
        self._demands = [
            model.demand for model in self._models if type(model).demand is not FamilyModel.demand
        ]
        self._conducts = [
            model.conduct for model in self._models if type(model).conduct is not FamilyModel.conduct
        ]
        self._stresses = [
            model.stress for model in self._models if type(model).stress is not FamilyModel.stress
        ]
        self._n_measurements = len(tags)
        self._true = np.zeros(len(tags) + len(UTILITY_TAGS))
        outputs = [self._true[at : at + m * n].reshape(m, n) for at, m, n in shapes]
        self._measures = [(model.measure, out) for model, out in zip(self._models, outputs, strict=True)]
        self.sensors = SensorBank([*tags, *UTILITY_TAGS], self._rng)
        self._true_utilities = self._true[len(tags) :]
        self._noise: Array = np.zeros(len(self._true) + self.columns.n)
        self._readings: Array = np.zeros(len(self._true))
        self.readings = self._readings[: len(tags)]
        self.status, shared = self.sensors.status[: len(tags)], self.sensors.status[len(tags) :]
        self.utility_readings = UtilityReadings(UTILITY_TAGS, self._readings[len(tags) :], shared)

    def _warm_up(self) -> None:
        """Run to the operating point, so that nothing begins cold; then the clock starts at zero."""
        heat_kw = 0.0
        for _ in range(_WARM_UP_STEPS):
            self.step(_WARM_UP_DT_S)
            heat_kw += self._heat_into_water_kw() / _WARM_UP_STEPS
        self.utilities.fit_chiller(heat_kw)
        for _ in range(_SETTLE_STEPS):
            self.step(_SETTLE_DT_S)
        self.time_s = 0.0
        self.sensors.begin()
        for model in self._models:
            model.begin()


def _family_slices(devices: Sequence[DeviceDefinition]) -> list[tuple[Family, slice]]:
    """Return where each family's machines stand; machines are grouped by family."""
    slices: list[tuple[Family, slice]] = []
    start = 0
    for position in range(1, len(devices) + 1):
        if position == len(devices) or devices[position].family is not devices[start].family:
            slices.append((devices[start].family, slice(start, position)))
            start = position
    return slices
