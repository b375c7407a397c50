"""Answer `WhatIf`: run forks of the plant ahead beside the loop, and say what they find as plain arrays."""

import asyncio
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from asyncua import ua

from opcua_server.commands import STATUS_OF
from opcua_server.security.authorize import Action, NotAuthorizedError, authorize
from opcua_server.services.caller import Caller
from opcua_server.services.methods import MethodRefusedError
from plant.engine import Engine
from plant.entities import Family
from plant.errors import PlantError
from plant.limit_watch import Limits
from plant.what_if import Branch, Change, Prediction, Question, Trip, WhatIf

_S = ua.StatusCodes
_T = ua.VariantType
MAX_CHANGES: Final = 100
DEFAULT_POINTS: Final = 100
_BREATH_S: Final = 0.0002  # after each step the loop gets its turn
_LIMIT_NAMES: Final = {"lolo": "LowLow", "lo": "Low", "hi": "High", "hihi": "HighHigh"}
FIGURES: Final = (
    "PlantEnergy_kWh",
    "PlantCost_EUR",
    "DevicesEnergy_kWh",
    "DevicesCost_EUR",
    "Generated_kWh",
    "Revenue_EUR",
    "WorstRul_h",
)


class _EndedError(Exception):
    """Nobody waits for the answer any more."""


class WhatIfService:
    """Serves `WhatIf`, one question at a time."""

    def __init__(self, engine: Engine, limits: Callable[[], Limits], *, energy_price_eur_kwh: float) -> None:
        """Answer for `engine`; `limits` gives those in force now."""
        self._engine, self._limits, self._price = engine, limits, energy_price_eur_kwh
        self._is_busy = False

    async def handle(self, caller: Caller, _: ua.NodeId, arguments: Sequence[ua.Variant]) -> list[ua.Variant]:
        """Handle `WhatIf`."""
        try:
            authorize(caller, Action.SETPOINT)
        except NotAuthorizedError as problem:
            raise MethodRefusedError(_S.BadUserAccessDenied, str(problem)) from problem
        question = _question(arguments)
        if self._is_busy:
            raise MethodRefusedError(
                _S.BadResourceUnavailable, "Another what-if is being reckoned: ask again in a moment."
            )
        try:
            asked = WhatIf(self._engine, question, limits=self._limits())
        except PlantError as problem:
            raise MethodRefusedError(STATUS_OF[problem.reason], str(problem)) from problem
        self._is_busy = True
        try:
            found = await _beside_the_loop(asked)
        finally:
            self._is_busy = False
        return _answer(found, self._figures(found), question)

    def _figures(self, found: Prediction) -> tuple[list[float], list[float]]:
        return self._figures_of(found, found.nothing), self._figures_of(found, found.proposed)

    def _figures_of(self, found: Prediction, branch: Branch) -> list[float]:
        devices = self._engine.definition.devices
        asked = {tag.device for tag in found.tags} or {device.tag for device in devices}
        taken = generated = revenue = own = 0.0
        for device, kwh in zip(devices, branch.energy_kwh.tolist(), strict=True):
            if device.family is Family.GENERATOR:
                generated += kwh
                revenue += kwh * device.parameters["price_eur_kwh"]
                continue
            taken += kwh
            own += kwh if device.tag in asked else 0.0
        worst = min((life.rul_h for life in branch.lives if life.device in asked), default=math.inf)
        return [taken, taken * self._price, own, own * self._price, generated, revenue, worst]


async def _beside_the_loop(asked: WhatIf) -> Prediction:
    """Run in a thread that gives way after every step; it ends with whoever waits for it."""
    ended = threading.Event()

    def breathe() -> None:
        if ended.is_set():
            raise _EndedError
        time.sleep(_BREATH_S)

    try:
        return await asyncio.to_thread(asked.run, breathe)
    finally:
        ended.set()


def _question(arguments: Sequence[ua.Variant]) -> Question:
    devices, setpoints, values, minutes, curves, points = (argument.Value for argument in arguments)
    changed = [list(each or ()) for each in (devices, setpoints, values)]
    counts = {len(each) for each in changed}
    if len(counts) > 1 or max(counts) > MAX_CHANGES:
        text = f"Devices, Setpoints and Values must be of one length, at most {MAX_CHANGES}."
        raise MethodRefusedError(_S.BadInvalidArgument, text, argument=2)
    return Question(
        minutes=float(minutes),
        changes=tuple(
            Change(device=device or "", setpoint=setpoint or "", value=value)
            for device, setpoint, value in zip(*changed, strict=True)
        ),
        devices=tuple(dict.fromkeys(device or "" for device in curves or ())),
        points=points or DEFAULT_POINTS,
    )


def _answer(
    found: Prediction, figures: tuple[list[float], list[float]], question: Question
) -> list[ua.Variant]:
    nothing, proposed = found.nothing, found.proposed
    alarms = _paired(_alarms(nothing), _alarms(proposed))
    trips = _paired(_trips(nothing.trips), _trips(proposed.trips))
    lives = _lives(found, question)
    columns: list[tuple[ua.VariantType, list[str] | list[float]]] = [
        (_T.Double, nothing.time_s.tolist()),
        (_T.String, [f"{tag.device}/{tag.definition.name}" for tag in found.tags]),
        (_T.Double, nothing.tracks.ravel().tolist()),
        (_T.Double, proposed.tracks.ravel().tolist()),
        (_T.Double, nothing.power_kw.tolist()),
        (_T.Double, proposed.power_kw.tolist()),
        (_T.String, list(FIGURES)),
        (_T.Double, figures[0]),
        (_T.Double, figures[1]),
        (_T.String, [key[0] for key in alarms]),
        (_T.String, [key[1] for key in alarms]),
        (_T.Double, [times[0] for times in alarms.values()]),
        (_T.Double, [times[1] for times in alarms.values()]),
        (_T.String, [key[0] for key in trips]),
        (_T.String, [key[1] for key in trips]),
        (_T.Double, [times[0] for times in trips.values()]),
        (_T.Double, [times[1] for times in trips.values()]),
        (_T.String, [key[0] for key in lives]),
        (_T.String, [key[1] for key in lives]),
        (_T.Double, [left[0] for left in lives.values()]),
        (_T.Double, [left[1] for left in lives.values()]),
    ]
    return [ua.Variant(values, kind, is_array=True) for kind, values in columns]


_Key = tuple[str, str]


def _alarms(branch: Branch) -> dict[_Key, float]:
    return {
        (f"{crossing.device}/{crossing.tag}", _LIMIT_NAMES[crossing.limit]): crossing.at_s
        for crossing in branch.crossings
    }


def _trips(trips: Iterable[Trip]) -> dict[_Key, float]:
    first: dict[_Key, float] = {}
    for trip in trips:
        first.setdefault((trip.device, trip.cause), trip.at_s)
    return first


def _paired(nothing: Mapping[_Key, float], proposed: Mapping[_Key, float]) -> dict[_Key, tuple[float, float]]:
    """Return both branches' times side by side, NaN where it does not happen; soonest first."""
    keys = sorted({**nothing, **proposed}, key=lambda key: min(nothing.get(key, 1e9), proposed.get(key, 1e9)))
    return {key: (nothing.get(key, math.nan), proposed.get(key, math.nan)) for key in keys}


def _lives(found: Prediction, question: Question) -> dict[_Key, tuple[float, float]]:
    """Return the lives of the devices asked for, mode by mode; of a whole plant the shortest of each machine."""
    asked = {tag.device for tag in found.tags} | {change.device for change in question.changes}
    both = zip(found.nothing.lives, found.proposed.lives, strict=True)
    lives = {(a.device, a.fault): (a.rul_h, b.rul_h) for a, b in both}
    if asked:
        return {key: left for key, left in lives.items() if key[0] in asked}
    worst: dict[str, _Key] = {}
    for key, left in lives.items():
        if key[0] not in worst or min(left) < min(lives[worst[key[0]]]):
            worst[key[0]] = key
    return {key: lives[key] for key in worst.values()}
