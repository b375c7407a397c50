"""What the detectors say of each device, on its way to nodes and alarms."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from asyncua import ua
from numpy.typing import NDArray

from models.recommend import recommend
from opcua_server.dataplane.publish import Publisher
from opcua_server.model.instances import PlantNodes
from opcua_server.scoring.messages import Message
from plant.engine import Engine
from plant.units import UNITS

_T = ua.VariantType
HEALTHY, ANOMALY, UNKNOWN, LEARNING = 0, 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One device that the detectors call anomalous."""

    device: str
    message: str
    evidence: str
    risk_pct: float


class Health:
    """Writes the Health nodes and turns verdicts into findings. Only what changed is written."""

    def __init__(
        self, engine: Engine, nodes: PlantNodes, publisher: Publisher, *, energy_price_eur_kwh: float
    ) -> None:
        self._devices = tuple(device.tag for device in engine.definition.devices)
        self._labels = {(c.device, c.definition.name): c.definition.display_name for c in engine.tags}
        self._nodes = nodes
        self._publisher = publisher
        self._price = energy_price_eur_kwh
        self._written: dict[tuple[str, str], object] = {}
        self.idle_kw = float("nan")  # of all devices whose idle power is known; NaN before the first scores

    async def take(self, scores: Message) -> list[Finding]:
        """Write one batch of scores; returns the devices that are anomalous."""
        arrays, fields = scores.arrays, scores.fields
        findings: list[Finding] = []
        idle = np.asarray(arrays["idle_kw"], dtype=float)
        if np.isfinite(idle).any():
            self.idle_kw = float(np.nansum(idle))
        for index, device in enumerate(self._devices):
            contributions = [tuple(row) for row in fields["contributions"].get(str(index), ())]
            risk = float(arrays["failure_probability"][index]) * 100.0
            idle_kw = float(arrays["idle_kw"][index])
            anomalous = bool(arrays["anomaly"][index])
            advice = recommend(is_at_risk=anomalous, idle_kw=idle_kw, eur_per_kwh=self._price)
            await self._write_numbers(device, arrays, index, risk, idle_kw)
            await self._put(device, "IdleCost", advice.idle_eur_per_day, _T.Double, digits=2)
            await self._write_words(device, advice.text, contributions)
            if anomalous:
                findings.append(
                    self._finding(device, fields["faults"][index], risk, contributions, advice.text)
                )
        return findings

    async def _write_numbers(
        self,
        device: str,
        arrays: Mapping[str, NDArray[np.generic]],
        index: int,
        risk_pct: float,
        idle_kw: float,
    ) -> None:
        anomalous = bool(arrays["anomaly"][index])
        grade = ANOMALY if anomalous else HEALTHY
        if not np.isfinite(risk_pct):
            grade = LEARNING if arrays["learning"][index] else UNKNOWN
        score = float(np.asarray(arrays["anomaly_score"], dtype=float)[index])
        await self._put(device, "FailureProbability", risk_pct, _T.Double, digits=0)
        await self._put(device, "AnomalyScore", score, _T.Double, digits=2)
        await self._put(device, "Anomaly", anomalous, _T.Boolean)
        await self._put(device, "HealthGrade", grade, _T.UInt32)
        await self._put(device, "IdlePower", idle_kw, _T.Double, digits=2)

    async def _write_words(self, device: str, advice: str, contributions: list[tuple[object, ...]]) -> None:
        await self._put(device, "Recommendation", advice, _T.String)
        await self._put(device, "ContributionNames", [str(c[0]) for c in contributions], _T.String)
        await self._put(device, "Contributions", [round(_float(c[5]), 3) for c in contributions], _T.Double)

    async def _put(
        self, device: str, name: str, value: object, kind: ua.VariantType, *, digits: int | None = None
    ) -> None:
        node = self._nodes.tags.get((device, "Health", name))
        if node is None:
            return
        if digits is not None and isinstance(value, float):
            value = round(value, digits)
        key = (device, name)
        # repr, because NaN is not equal to itself and would be written at every tick
        if key in self._written and repr(self._written[key]) == repr(value):
            return
        self._written[key] = value
        missing = isinstance(value, float) and not np.isfinite(value)
        status = ua.StatusCodes.BadNoDataAvailable if missing else 0
        await self._publisher.put(node, value, kind, status=status)

    async def unknown(self) -> None:
        """Say of every device that nobody knows: the worker is gone."""
        for device in self._devices:
            await self._put(device, "HealthGrade", UNKNOWN, _T.UInt32)
            await self._put(device, "FailureProbability", float("nan"), _T.Double)

    def _finding(
        self, device: str, fault: str, risk_pct: float, contributions: list[tuple[object, ...]], advice: str
    ) -> Finding:
        name = fault.replace("_", " ").capitalize() if fault else "Unusual behaviour"
        why = self._why(device, contributions[:2])
        because = f", because {why}" if why else ""
        message = f"{name} likely: failure risk {risk_pct:.0f} %{because}. {advice}".strip()
        return Finding(
            device=device, message=message, evidence=f"{name}, risk {risk_pct:.0f} %", risk_pct=risk_pct
        )

    def _why(self, device: str, contributions: list[tuple[object, ...]]) -> str:
        return " and ".join(
            describe(self._labels.get((device, str(c[0])), str(c[0])), c) for c in contributions
        )


def describe(label: str, contribution: tuple[object, ...]) -> str:
    """Return one contribution in plain words: `vibration 5.2 mm/s, normal 0.5 to 2.8`."""
    _, unit, value, low, high, _ = contribution
    return f"{label.lower()} {short_number(value)} {UNITS[str(unit)].symbol}, normal {short_number(low)} to {short_number(high)}"


def _float(value: object) -> float:
    assert isinstance(value, int | float)
    return float(value)


def short_number(value: object) -> str:
    """Return a number with as many digits as an operator reads."""
    number = _float(value)
    return f"{number:.0f}" if abs(number) >= 100 else f"{number:.1f}" if abs(number) >= 1 else f"{number:.2f}"
