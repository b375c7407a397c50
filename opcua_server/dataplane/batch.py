"""Samples of many subscriptions encoded together, when they are sent soon after they were taken."""

import weakref
from collections import deque
from collections.abc import Sequence
from typing import Final

import numpy as np

from opcua_server.dataplane.encode import Piece, RecordEncoder
from opcua_server.dataplane.runs import ItemArrays, Slots
from opcua_server.dataplane.samples import Samples

_MOST_SAMPLES: Final = 40_000  # of a block, kept to be encoded together: three megabytes


class Batch:
    """One sampling of many runs."""

    def __init__(self, samples: Samples, slots: Slots, encoder: RecordEncoder, ends: Sequence[int]) -> None:
        """The samples of run i are those from `ends[i]` to `ends[i + 1]`; `slots` are those of the whole block."""
        self.count = len(samples)
        self._samples: Samples | None = samples
        self._slots = slots
        self._encoder = encoder
        self._ends = ends
        self._is_wanted = False
        self._pieces: list[tuple[Sequence[int], Piece]] = []

    def records(self, place: int) -> bytes | None:
        """Return the records of a run, None for the first that asks: whether others will is not known yet."""
        if not self._is_wanted:
            self._is_wanted = True
            return None
        if self._samples is not None:
            for piece in self._encoder.pieces(self._samples, self._slots):
                places = piece.places
                cuts = self._ends if places is None else np.searchsorted(places, self._ends).tolist()
                self._pieces.append((cuts, piece))
            self._samples = None
        return b"".join(
            [
                piece.data[cuts[place] * piece.size : cuts[place + 1] * piece.size]
                for cuts, piece in self._pieces
            ]
        )


class RecentBatches:
    """The last batches of a block, as long as nothing about its items changes."""

    def __init__(self) -> None:
        self._batches: deque[Batch] = deque()
        self._count = 0
        self._encoder: RecordEncoder | None = None

    def add(
        self, samples: Samples, slots: Slots, items: ItemArrays, ends: Sequence[int]
    ) -> "weakref.ref[Batch]":
        """Take one sampling of `items`; returns what gives the batch as long as it is kept."""
        if self._encoder is None:
            self._encoder = RecordEncoder(items.handle, items.kind, items.stamps)
        batch = Batch(samples, slots, self._encoder, ends)
        self._batches.append(batch)
        self._count += batch.count
        while self._count > _MOST_SAMPLES and len(self._batches) > 1:
            self._count -= self._batches.popleft().count
        return weakref.ref(batch)

    def forget(self) -> None:
        """Keep none: handles or places are others now."""
        self._batches.clear()
        self._count = 0
        self._encoder = None
