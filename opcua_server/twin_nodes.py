"""Keep the twin beside the running plant, and publish what it expects."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from asyncua import ua
from asyncua.server.address_space import AddressSpace
from numpy.typing import NDArray

from opcua_server.dataplane.bands import Bands
from opcua_server.dataplane.columns import WAITING
from opcua_server.dataplane.publish import Frame, Publisher
from opcua_server.model.bulk import NodeFactory
from opcua_server.model.namespaces import Namespaces
from opcua_server.model.twin import EXPECTED, RESIDUAL, add_expectations, add_utilities, normal_range_of
from plant.control.modes import RunningState
from plant.engine import Engine
from plant.entities import Group
from plant.quality import StatusCode
from plant.twin.fit import DeviceFit
from plant.twin.inputs import machines_of
from plant.twin.store import load_fits
from plant.twin.twin import Twin, twinned

_log = logging.getLogger(__name__)

Status = NDArray[np.uint32]
HEAD_START_S = 1.0  # building takes a core for some tenths of a second


def read_fits(engine: Engine, state: Path) -> dict[str, DeviceFit]:
    """Return the calibrations that a state directory holds for this plant.

    Raises:
        DefinitionError: One of them is wrong.
    """
    machines = machines_of(engine.definition.devices)
    return load_fits(state / "twin", {device.tag: device.family.value for device in machines})


class TwinNodes:
    """Expected values, residuals and normal ranges of all measurements, and the utilities, as nodes.

    The twin is built beside the loop, so that a server accepts clients first; until it stands its values are waiting for
    initial data, and the normal ranges are those of the plant file.
    """

    def __init__(
        self,
        aspace: AddressSpace,
        factory: NodeFactory,
        ns: Namespaces,
        tags: Mapping[tuple[str, str, str], ua.NodeId],
        engine: Engine,
        fits: Mapping[str, DeviceFit],
    ) -> None:
        """Create the nodes; `fits` are the calibrations at hand, by device."""
        self._engine, self._fits = engine, fits
        devices = engine.definition.devices
        self._tags = twinned(devices, engine.tags)
        self._twin: Twin | None = None
        self._seen_s = 0.0
        made = add_expectations(factory, ns, tags, self._tags)
        shared = engine.utilities
        nodes = made[EXPECTED] + made[RESIDUAL]
        nodes += add_utilities(factory, ns, shared.tags) if shared is not None else []
        period_s = 1.0 / engine.definition.publish_hz
        self._publisher = Publisher(aspace, nodes, [ua.VariantType.Double] * len(nodes), tick_s=period_s)
        self._bands = Bands(aspace, [normal_range_of(node) for node in made[EXPECTED]])
        self._columns = np.array([tag.index for tag in self._tags], dtype=np.intp)
        modes = {
            tag.device: tag.index
            for tag in engine.tags
            if tag.group == Group.STATE.value and tag.definition.name == "RunningState"
        }
        self._modes = np.array([modes[tag.device] for tag in self._tags], dtype=np.intp)

    async def build(self) -> None:
        """Build the twin and let it settle, beside the loop, once the first clients have been served."""
        await asyncio.sleep(HEAD_START_S)
        engine = self._engine
        shared = engine.utilities
        if shared is None:
            return
        values, status, utilities = engine.values.copy(), engine.status.copy(), shared.values.copy()
        seen_s = engine.time_s

        def settled() -> Twin:
            twin = Twin(engine.definition.devices, engine.tags, fits=self._fits)
            twin.look(values, status, utilities, 0.0)
            return twin

        self._twin, self._seen_s = await asyncio.to_thread(settled), seen_s

    async def publish(self, frame: Frame) -> None:
        """Let the twin look at a frame that has just been published, and publish what it says."""
        shared = self._engine.utilities
        if shared is None:
            return
        twin, count = self._twin, len(self._tags)
        if twin is None:
            expected = residual = np.full(count, np.nan)
            status = np.full(2 * count, WAITING, dtype=np.uint32)
        else:
            time_s = self._engine.time_s
            twin.look(frame.values, frame.status, shared.values, max(time_s - self._seen_s, 1e-3))
            self._seen_s = time_s
            expected, residual = twin.expected, twin.residual
            status = self._status(frame)
            await self._bands.publish(twin.low, twin.high, frame.source_time)
        await self._publisher.publish(
            Frame(
                values=np.concatenate([expected, residual, shared.values]),
                status=np.concatenate([status, shared.status]),
                source_time=frame.source_time,
            )
        )

    def _status(self, frame: Frame) -> Status:
        """Return the status of expected values and residuals."""
        away = frame.values[self._modes] == RunningState.OFFLINE
        expected = np.where(away, np.uint32(StatusCode.UNCERTAIN_LAST_USABLE_VALUE), np.uint32(0))
        return np.concatenate([expected, frame.status[self._columns]]).astype(np.uint32)
