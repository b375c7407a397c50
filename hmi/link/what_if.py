"""Ask an Andon plant what would become of it with another setpoint."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from hmi.link.connection import Connection
from hmi.link.errors import LinkError
from hmi.link.methods import call_plant
from hmi.link.types import Forecast, ForecastCurve, ForecastEvent, ForecastPair

_METHOD: Final = "Plant/WhatIf"
POINTS: Final = 120
_OUTPUTS: Final = 21
_T = ua.VariantType


async def what_if(
    connection: Connection, device: str, setpoint: str, value: float, minutes: float
) -> Forecast:
    """Return both futures of a device: with the setpoint as it is, and with another value written now.

    Raises:
        LinkError: The server offers no prediction, refuses this one, or answers what nobody can read.
    """
    answer = await call_plant(
        connection,
        _METHOD,
        ua.Variant([device], _T.String),
        ua.Variant([setpoint], _T.String),
        ua.Variant([float(value)], _T.Double),
        ua.Variant(float(minutes), _T.Double),
        ua.Variant([device], _T.String),
        ua.Variant(POINTS, _T.UInt32),
    )
    if len(answer) != _OUTPUTS:
        raise LinkError(f"The server's prediction has {len(answer)} parts instead of {_OUTPUTS}.")
    return _forecast(answer)


def _forecast(answer: Sequence[Any]) -> Forecast:
    times = _numbers(answer[0])
    tags = [str(tag) for tag in answer[1] or ()]
    nothing, proposed = _numbers(answer[2]), _numbers(answer[3])
    size = len(tags) * len(times)
    if len(nothing) != size or len(proposed) != size:
        raise LinkError("The server's prediction has curves of the wrong length.")
    rows = zip(tags, nothing.reshape(len(tags), -1), proposed.reshape(len(tags), -1), strict=True)
    return Forecast(
        times_s=times,
        curves=tuple(ForecastCurve(tag=tag, nothing=a, proposed=b) for tag, a, b in rows),
        figures=dict(_pairs(answer[6], answer[7], answer[8])),
        alarms=_events(*answer[9:13]),
        trips=_events(*answer[13:17]),
        lives=tuple(
            (f"{device} {mode}".strip(), pair)
            for device, (mode, pair) in zip(
                answer[17] or (), _pairs(answer[18], answer[19], answer[20]), strict=True
            )
        ),
    )


def _numbers(values: Iterable[float] | None) -> NDArray[np.float64]:
    return np.array(list(values or ()), np.float64)


def _pairs(
    names: Sequence[str] | None, nothing: Sequence[float] | None, proposed: Sequence[float] | None
) -> list[tuple[str, ForecastPair]]:
    try:
        rows = zip(names or (), nothing or (), proposed or (), strict=True)
        return [(str(name), ForecastPair(float(a), float(b))) for name, a, b in rows]
    except ValueError as problem:
        raise LinkError("The server's prediction has lists of different lengths.") from problem


def _events(
    sources: Sequence[str] | None,
    words: Sequence[str] | None,
    nothing: Sequence[float] | None,
    proposed: Sequence[float] | None,
) -> tuple[ForecastEvent, ...]:
    pairs = _pairs(words, nothing, proposed)
    if len(pairs) != len(sources or ()):
        raise LinkError("The server's prediction has lists of different lengths.")
    return tuple(
        ForecastEvent(source=str(source), what=what, nothing_s=pair.nothing, proposed_s=pair.proposed)
        for source, (what, pair) in zip(sources or (), pairs, strict=True)
    )
