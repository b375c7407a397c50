"""Ranges that move: properties whose value is made when somebody reads it, and told to those who subscribe."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from asyncua import ua
from asyncua.server.address_space import AddressSpace, AttributeValue
from numpy.typing import NDArray

_log = logging.getLogger(__name__)


class Bands:
    """The bounds of many ranges as columns, one row a node."""

    def __init__(self, aspace: AddressSpace, nodes: Sequence[ua.NodeId]) -> None:
        """Take over the values of `nodes`, properties that hold a Range each."""
        firsts = [_range(aspace, node) for node in nodes]
        self.low: NDArray[np.float64] = np.array([first.Low for first in firsts])
        self.high: NDArray[np.float64] = np.array([first.High for first in firsts])
        self.at = datetime.now(UTC)
        self._values = [_BandValue(self, row) for row in range(len(nodes))]
        for node, value in zip(nodes, self._values, strict=True):
            attributes = aspace[node].attributes
            value.datachange_callbacks = attributes[ua.AttributeIds.Value].datachange_callbacks
            attributes[ua.AttributeIds.Value] = value

    async def publish(self, low: NDArray[np.float64], high: NDArray[np.float64], at: datetime) -> None:
        """Take new bounds; where one is NaN the range stays as it is."""
        known = np.isfinite(low) & np.isfinite(high)
        changed = known & ((low != self.low) | (high != self.high))
        self.low, self.high = np.where(known, low, self.low), np.where(known, high, self.high)
        self.at = at
        for row, value in enumerate(self._values):
            if value.datachange_callbacks and changed[row]:
                await _tell(value)


class _BandValue(AttributeValue):
    """The Value attribute of one such property."""

    # The library's own fields, without its `value`: that is the property below.
    def __init__(self, bands: Bands, row: int) -> None:
        self._bands, self._row = bands, row
        self.value_callback: Callable[..., Any] | None = None
        self.value_setter: Callable[..., Any] | None = None
        self.datachange_callbacks: dict[int, Callable[..., Any]] = {}

    @property
    def value(self) -> ua.DataValue:
        """The range as it is now."""
        bands, row = self._bands, self._row
        bounds = ua.Range(Low=float(bands.low[row]), High=float(bands.high[row]))
        return ua.DataValue(
            Value=ua.Variant(bounds, ua.VariantType.ExtensionObject),
            StatusCode=ua.StatusCode(0),
            SourceTimestamp=bands.at,
            ServerTimestamp=bands.at,
        )

    @value.setter
    def value(self, data: ua.DataValue | None) -> None:
        """Leave it: nobody but the twin moves a normal range."""


async def _tell(value: _BandValue) -> None:
    data = value.value
    for handle, callback in list(value.datachange_callbacks.items()):
        try:
            await callback(handle, data)
        except Exception:  # noqa: BLE001  # one client's subscription must not end the plant's publishing
            _log.exception("a subscription could not take a normal range")


def _range(aspace: AddressSpace, node: ua.NodeId) -> ua.Range:
    found = aspace.read_attribute_value(node, ua.AttributeIds.Value)
    assert found.Value is not None
    bounds = found.Value.Value
    assert isinstance(bounds, ua.Range)
    return bounds
