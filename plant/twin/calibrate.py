"""Fit the twin of each device to a healthy stretch of its history, and say how well it then follows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from plant.columns import TagColumn
from plant.entities import DeviceDefinition
from plant.laws.first_order import Array
from plant.parameters import parameters_of
from plant.twin.band import Scatter
from plant.twin.fit import DeviceFit, TagFit, applied
from plant.twin.history import History
from plant.twin.quality import correct, judge
from plant.twin.shadow import Shadow
from plant.twin.stretch import MIN_ROWS, Stretch, expected, prepare
from plant.twin.twin import shipped_scatter

# What a twin cannot learn from tags, or need not: chance, work plans, money, and the seconds of starting and stopping.
_NOT_FITTED = frozenset(
    (
        *("spread", "dwell_s", "idle_load", "run_load", "peak_load", "price_eur_kwh"),
        *("start_s", "inrush", "spin_up_s", "coast_s", "brake_s"),
    )
)
_NUDGE = 0.02  # of a parameter, to see what it does
_PRIOR = 0.10  # standard deviation that a parameter has about its name plate before anything is measured
_MOST = 0.35  # a parameter moves no further than that (in the logarithm): beyond, it is another machine
_ROUNDS = 3
_WORTH = 10.0  # rows that tell as much as one independent one, since residuals wander


def calibrate(
    devices: Sequence[DeviceDefinition],
    tags: Sequence[TagColumn],
    history: History,
    *,
    scatter: Scatter | None = None,
) -> dict[str, DeviceFit]:
    """Return a fit for every machine that ran long enough.

    The parameters of the physics are found by least squares with a prior about the name plate (Gauss-Newton, all
    machines at once: each nudged parameter is one more copy of the plant in the shadow); then gain and offset per tag.
    All is fitted on the first two thirds and judged on the last.

    Source: maximum a posteriori estimate with a Gaussian prior, as ridge regression (textbook).

    Raises:
        DefinitionError: The stretch is too short.
    """
    stretch = prepare(devices, tags, history, shipped_scatter() if scatter is None else scatter)
    names = _candidates(stretch.machines)
    factors: Array = np.zeros((len(names), len(stretch.machines)))  # logarithms
    fit_rows = np.arange(len(history)) < len(history) * 2 // 3
    for _ in range(_ROUNDS):
        square, slope = _normal_equations(stretch, names, factors, fit_rows)
        factors = np.minimum(np.maximum(_solved(square, slope, factors), -_MOST), _MOST)
    fitted = [
        DeviceFit(
            device=device.tag,
            family=device.family.value,
            samples=int(np.isfinite(stretch.measured[:, at]).sum()),
            seconds=float(history.time_s[-1] - history.time_s[0]),
            parameters=_told(names[:, place].tolist(), factors[:, place].tolist()),
        )
        for place, (device, at) in enumerate(zip(stretch.machines, stretch.starts.tolist(), strict=True))
    ]
    model = _run(stretch, [applied(d, f) for d, f in zip(stretch.machines, fitted, strict=True)])
    found: dict[str, DeviceFit] = {}
    ends = [*stretch.starts[1:].tolist(), len(stretch.tags)]
    for fit, begin, end in zip(fitted, stretch.starts.tolist(), ends, strict=True):
        if fit.samples >= MIN_ROWS:
            found[fit.device] = replace(fit, tags=_tag_fits(stretch, model, range(begin, end), fit_rows))
    return found


def _tag_fits(stretch: Stretch, model: Array, rows: range, fit_rows: NDArray[np.bool_]) -> dict[str, TagFit]:
    found = {}
    for row in rows:
        tag = stretch.tags[row]
        measured, expected = stretch.measured[:, row], model[:, row]
        counts = np.isfinite(measured)
        fit, test = counts & fit_rows, counts & ~fit_rows
        if fit.sum() < MIN_ROWS // 2 or test.sum() < MIN_ROWS // 4:
            continue
        width = tag.definition.normal_high - tag.definition.normal_low
        gain, offset = correct(expected[fit], measured[fit], stretch.sigma[row], width)
        rest = stretch.history.utilities[test, 0] if tag.definition.unit == "degC" else 0.0
        found[tag.definition.name] = judge(
            tag.definition, gain, offset, expected[test], measured[test], expected[test] - rest
        )
    return found


def _candidates(machines: Sequence[DeviceDefinition]) -> NDArray[np.str_]:
    """Return the parameters that are fitted, shape (most, machines); "" where a machine has fewer."""
    lists = [
        [name for name in parameters_of(device.family) if name not in _NOT_FITTED] for device in machines
    ]
    most = max(len(each) for each in lists)
    return np.array([each + [""] * (most - len(each)) for each in lists]).T


def _told(names: Sequence[str], logs: Sequence[float]) -> dict[str, float]:
    """Return the factors that have moved from the name plate."""
    pairs = zip(names, logs, strict=True)
    return {name: float(np.exp(log)) for name, log in pairs if name and abs(log) > 1e-4}


def _moved(stretch: Stretch, names: NDArray[np.str_], factors: Array) -> list[DeviceDefinition]:
    """Return all machines with their parameters multiplied."""
    return [
        replace(
            device,
            parameters={
                **device.parameters,
                **{
                    name: device.parameters[name] * float(np.exp(log))
                    for name, log in zip(names[:, place].tolist(), factors[:, place].tolist(), strict=True)
                    if name
                },
            },
        )
        for place, device in enumerate(stretch.machines)
    ]


def _copies(stretch: Stretch, names: NDArray[np.str_], factors: Array) -> list[DeviceDefinition]:
    """Return the plant as it is taken to be, and once more for each parameter, with that one nudged."""
    found = _moved(stretch, names, factors)
    for row in range(len(names)):
        nudged = factors.copy()
        nudged[row] += _NUDGE
        copies = _moved(stretch, names, nudged)
        found += [replace(device, tag=f"{device.tag}#{row}") for device in copies]
    return found


def _normal_equations(
    stretch: Stretch, names: NDArray[np.str_], factors: Array, fit_rows: NDArray[np.bool_]
) -> tuple[Array, Array]:
    """Return J'J and J'r of each machine, shapes (machines, k, k) and (machines, k), in units of sigma."""
    copies = len(names) + 1
    wanted = stretch.wanted() + [each for row in range(len(names)) for each in stretch.wanted(f"#{row}")]
    shadow = Shadow(_copies(stretch, names, factors), wanted)
    k, count = len(names), len(stretch.tags)
    square, slope = np.zeros((k, k, count)), np.zeros((k, count))
    for row, values in enumerate(expected(stretch, shadow, copies)):
        if not fit_rows[row]:
            break
        tags = values.reshape(copies, -1)
        residual = (stretch.measured[row] - tags[0]) / stretch.sigma
        counts = np.isfinite(residual)
        jacobian = (tags[1:] - tags[0]) * (counts / (stretch.sigma * _NUDGE))
        square += jacobian[:, None, :] * jacobian[None, :, :]
        slope += jacobian * np.where(counts, residual, 0.0)
    by_machine = (
        np.add.reduceat(square, stretch.starts, axis=2),
        np.add.reduceat(slope, stretch.starts, axis=1),
    )
    return by_machine[0].transpose(2, 0, 1) / _WORTH, by_machine[1].T / _WORTH


def _solved(square: Array, slope: Array, factors: Array) -> Array:
    """Return the factors after one Gauss-Newton step with the prior about zero."""
    prior = 1.0 / _PRIOR**2
    left = square + prior * np.eye(square.shape[1])
    right = slope - prior * factors.T
    step = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return factors + np.asarray(step.T, dtype=np.float64)


def _run(stretch: Stretch, machines: Sequence[DeviceDefinition]) -> Array:
    """Return what these machines should have read, shape (rows, tags)."""
    shadow = Shadow(machines, stretch.wanted())
    return np.array([values.copy() for values in expected(stretch, shadow, 1)])
