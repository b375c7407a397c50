"""The trainer's methods: faults, scenarios, the speed of time, chaos, the ground truth."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from asyncua import ua

from opcua_server.chaos import MEAN_RANGE_S, Chaos
from opcua_server.commands import STATUS_OF
from opcua_server.pace import SPEED_RANGE, Pace
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.methods import Handler, MethodRefusedError
from plant.engine import Engine, FaultTruth
from plant.errors import DefinitionError, PlantError
from plant.scenario_files import ScenarioShelf
from plant.scenarios import Scenario
from plant.sensor_modes import UTILITY_SENSOR_FAULTS
from plant.utility_faults import UTILITIES, UTILITY_FAULTS

_S = ua.StatusCodes
_T = ua.VariantType
_HOUR_S: Final = 3600.0
MOST_PAST: Final = 2000  # faults that are over, in one answer: the file of the truth has them all


class SimulationService:
    """Serves the methods under `Simulation`; all but ListFaults are the engineer's."""

    def __init__(self, engine: Engine, shelf: ScenarioShelf, pace: Pace, chaos: Chaos) -> None:
        self._engine, self._shelf, self._pace, self._chaos = engine, shelf, pace, chaos
        self._file_of: dict[str, str] = {}  # a running scenario's own name -> the one by which it was run
        self._drops: set[str] = set()  # scenarios that have the chaos on

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Return what each method does, by its path."""
        guarded = {
            "InjectFault": self._inject,
            "ClearFaults": self._clear,
            "ListScenarios": self._list,
            "RunScenario": self._run,
            "StopScenario": self._stop,
            "SetSpeed": self._set_speed,
            "SetChaos": self._set_chaos,
            "GroundTruth": self._truth,
        }
        found = {f"Simulation/{name}": _guarded(act) for name, act in guarded.items()}
        return {**found, "Simulation/ListFaults": self._faults}

    def began(self, scenario: Scenario, name: str) -> None:
        """Remember under which name a scenario was begun, and let the chaos begin that it asks for."""
        self._file_of[scenario.name] = name
        if scenario.drop_sessions_s is not None:
            self._drops.add(scenario.name)
            self._chaos.set(scenario.drop_sessions_s)

    # ---- faults --------------------------------------------------------------------------------------------------

    def _inject(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        device, fault, severity, onset_s, life_s = (argument.Value for argument in arguments)
        self._engine.inject(
            device or "", fault or "", severity=severity, onset_s=onset_s, life_s=life_s or None
        )
        return []

    def _clear(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        self._engine.clear_faults(arguments[0].Value or None)
        return []

    async def _faults(self, _: Caller, __: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        tag = arguments[0].Value
        device = next((each for each in self._engine.definition.devices if each.tag == tag), None)
        if device is None and tag != UTILITIES:
            text = f"Device: there is no device {tag!r}."
            raise MethodRefusedError(_S.BadInvalidArgument, text, argument=0)
        shared = (*UTILITY_FAULTS, *UTILITY_SENSOR_FAULTS)
        modes = shared if device is None else self._engine.faults(device.family)
        return _texts([mode.name for mode in modes], [mode.description for mode in modes])

    # ---- scenarios -----------------------------------------------------------------------------------------------

    def _list(self, _: Sequence[ua.Variant]) -> list[ua.Variant]:
        running = {self._file_of.get(name, name): more for name, more in self._engine.scenarios.items()}
        rows = [(name, *self._described(name), _state(running.get(name))) for name in self._shelf.files()]
        return _texts(*(list(column) for column in zip(*rows, strict=True)))

    def _described(self, name: str) -> tuple[str, str]:
        try:
            scenario = self._shelf.load(name)
        except DefinitionError as problem:
            return name, f"It cannot be run: {problem}"
        return scenario.name, scenario.description

    def _run(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        name = arguments[0].Value or ""
        try:
            scenario = self._shelf.load(name)
        except DefinitionError as problem:
            raise MethodRefusedError(_S.BadInvalidArgument, str(problem), argument=0) from problem
        self._engine.schedule(scenario)
        self.began(scenario, name)
        return []

    def _stop(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        name = arguments[0].Value or None
        own = next((own for own, file in self._file_of.items() if file == name), name)
        stopped = self._engine.unschedule(own)
        if self._drops & set(stopped):
            self._drops -= set(stopped)
            self._chaos.set(0.0)
        names = [self._file_of.pop(each, each) for each in stopped]
        return _texts(names)

    # ---- time, chaos, truth --------------------------------------------------------------------------------------

    def _set_speed(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        self._pace.set(_within("Speed", arguments[0].Value, SPEED_RANGE))
        return []

    def _set_chaos(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        wanted = arguments[0].Value
        self._chaos.set(_within("MeanInterval_s", wanted, MEAN_RANGE_S) if wanted else 0.0)
        return []

    def _truth(self, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        past = bool(arguments[0].Value)
        known = self._engine.fault_history()
        over = [row for row in known if row[1] is not None]
        rows = [*(over[-MOST_PAST:] if past else ()), *known[len(over) :]]
        truths: list[FaultTruth] = [truth for truth, _ in rows]
        return [
            *_texts(
                [each.device for each in truths],
                [each.fault for each in truths],
                [each.tag for each in truths],
            ),
            *_numbers(
                [each.severity for each in truths],
                [each.onset_s for each in truths],
                [each.damage for each in truths],
                [_or_nan(each.failed_at_s) for each in truths],
                [_or_nan(each.rul_s) / _HOUR_S for each in truths],
                [_or_nan(ended_s) for _, ended_s in rows],
            ),
        ]


def _guarded(act: Callable[[Sequence[ua.Variant]], list[ua.Variant]]) -> Handler:
    """Let only an engineer do it, and tell what the plant refuses in its own words."""

    async def handle(caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        try:
            authorize(caller, Action.SIMULATE)
            return act(arguments)
        except NotAuthorizedError as problem:
            raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem
        except PlantError as problem:
            raise MethodRefusedError(STATUS_OF[problem.reason], str(problem)) from problem

    return handle


def _within(name: str, value: float, bounds: tuple[float, float]) -> float:
    low, high = bounds
    if not low <= value <= high:
        text = f"{name}: {value:g} is outside {low:g} to {high:g}."
        raise MethodRefusedError(_S.BadOutOfRange, text, argument=0)
    return float(value)


def _state(more: bool | None) -> str:
    return "" if more is None else "running" if more else "over"


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


def _texts(*columns: Sequence[str]) -> list[ua.Variant]:
    return [ua.Variant(list(column), _T.String, is_array=True) for column in columns]


def _numbers(*columns: Sequence[float]) -> list[ua.Variant]:
    return [ua.Variant(list(column), _T.Double, is_array=True) for column in columns]
