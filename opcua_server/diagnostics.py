"""The server's own health as values: sessions, lag, overruns, memory, versions."""

import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from asyncua import ua

from opcua_server.dataplane.publish import Publisher
from opcua_server.model.plantwide import VARIABLES
from opcua_server.server_diagnostics import ServerDiagnostics
from opcua_server.services.internal import AndonInternalServer

_WINDOW = 100


def product_version() -> str:
    """Return the installed version of Andon, or `unknown` where it runs from loose files."""
    try:
        return version("andon")
    except PackageNotFoundError:
        return "unknown"


class TickMeter:
    """Measures the loop that ticks the plant."""

    def __init__(self) -> None:
        self.overruns = 0
        self._lags_ms: deque[float] = deque(maxlen=_WINDOW)
        self._steps_ms: deque[float] = deque(maxlen=_WINDOW)

    def stepped(self, seconds: float) -> None:
        """Note how long the physics of one tick took."""
        self._steps_ms.append(seconds * 1000.0)

    def published(self, due_s: float) -> None:
        """Note that a frame due at `due_s` (monotonic) is on its way."""
        self._lags_ms.append((time.monotonic() - due_s) * 1000.0)

    @property
    def lag_ms(self) -> float:
        """Largest publish lag of the last hundred frames."""
        return max(self._lags_ms, default=0.0)

    @property
    def step_ms(self) -> float:
        """Mean step time of the last hundred ticks."""
        return sum(self._steps_ms) / len(self._steps_ms) if self._steps_ms else 0.0


def resident_mb() -> float:
    """Return this process's resident memory in MB; NaN where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return float("nan")
    return pages * 4096 / 1e6


class Diagnostics:
    """Writes the diagnostic variables."""

    def __init__(
        self, inner: AndonInternalServer, publisher: Publisher, nodes: Mapping[str, ua.NodeId]
    ) -> None:
        self._inner = inner
        self._publisher = publisher
        self._nodes = nodes
        self._last: dict[str, object] = {}
        self._standard = ServerDiagnostics(inner, publisher)

    async def start(self, plant_file: str, nodes: int) -> None:
        """Write what does not change."""
        await self.put("ServerVersion", product_version())
        await self.put("PlantFile", plant_file)
        await self.put("Nodes", nodes)
        await self.put("StartedAt", datetime.now(UTC))

    async def update(self, meter: TickMeter) -> None:
        """Write what does."""
        await self.put("Sessions", len(self._inner._external_sessions))
        await self.put("Subscriptions", len(self._inner.subscriptions.subscriptions))
        await self.put("MonitoredItems", self._inner.subscriptions.item_count)
        await self.put("PublishLag", round(meter.lag_ms, 2))
        await self.put("StepTime", round(meter.step_ms, 3))
        await self.put("TickOverruns", meter.overruns)
        await self.put("Memory", round(resident_mb(), 1))
        await self._standard.update()

    async def put(self, name: str, value: object) -> None:
        """Write one of `Diagnostics`' variables, if it changed."""
        if self._last.get(name) == value and name in self._last:
            return
        self._last[name] = value
        path = f"Diagnostics/{name}"
        kind = VARIABLES[path][0] if path in VARIABLES else ua.VariantType.Double
        await self._publisher.put(self._nodes[path], value, kind)
