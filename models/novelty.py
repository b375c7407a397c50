"""Find what is new in a recorded signal, by a normal learned from its own first rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.mahalanobis import FloatArray, NormalModel, blocked_limit, fit_normal

SPAN_ROWS = 20  # EWMA span; smooths a 1 Hz signal over about its last 20 s
LEARNING_ROWS = 400  # the rows of each recording of the SKAB protocol that count as normal
SETTLING_ROWS = 2 * SPAN_ROWS  # the EWMA's own start is not the machine's normal
PERSISTENCE_ROWS = 5  # rows in a row over the limit before there is an alarm
CLEARING_ROWS = 30  # rows in a row under the limit before the alarm clears


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one channel adds to a row's score.

    Attributes:
        channel: The channel's name.
        value: The smoothed value, in the channel's own unit.
        normal: The learned normal, in the same unit.
        share: Part of the squared score, 0..1; the shares of a row sum to 1.
    """

    channel: str
    value: float
    normal: float
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NoveltyRow:
    """The verdict on one row.

    Attributes:
        score: Distance from normal; NaN while learning, or as long as no channel had a value.
        limit: The distance beyond which a row counts as new; NaN while learning.
        learning: The normal is still being learned.
        alarm: Over the limit for long enough, or not yet back for long enough.
        contributions: One for each channel, largest share first; empty while learning.
    """

    score: float
    limit: float
    learning: bool
    alarm: bool
    contributions: tuple[Contribution, ...]


class NoveltyDetector:
    """Learn the first rows of one device, then score each further row against them.

    Rows may be fed singly or many at once: the verdicts are the same to the last bit. A NaN is a missing
    value: while learning its row is passed over, afterwards the channel keeps its last smoothed value.
    """

    def __init__(self, channels: Sequence[str], *, learning_rows: int = LEARNING_ROWS) -> None:
        """Start learning.

        Args:
            channels: Names of the columns that `feed` will get; slowly drifting ones are better left out.
            learning_rows: Rows taken as normal, at least 2 spans more than the settling of the EWMA.

        Raises:
            ValueError: No channels, a name given twice, or too few rows to learn from.
        """
        if not channels or len(set(channels)) != len(channels):
            raise ValueError(f"channels: {list(channels)}: one or more different names are needed")
        if learning_rows < 2 * SETTLING_ROWS:
            raise ValueError(f"learning_rows: {learning_rows} is below {2 * SETTLING_ROWS}")
        self._channels = tuple(channels)
        self._learning_rows = learning_rows
        self._alpha = 2.0 / (SPAN_ROWS + 1)
        self._smoothed: FloatArray = np.full(len(channels), np.nan)
        self._learned: list[FloatArray] = []
        self._model: NormalModel | None = None
        self._limit = float("nan")
        self._over = 0
        self._under = 0
        self._alarm = False

    @property
    def channels(self) -> tuple[str, ...]:
        return self._channels

    @property
    def is_learning(self) -> bool:
        return self._model is None

    @property
    def limit(self) -> float:
        return self._limit

    @property
    def rows_to_learn(self) -> int:
        """Return how many rows are still needed before the first verdict."""
        return 0 if self._model is not None else self._learning_rows - len(self._learned)

    def feed(self, rows: ArrayLike) -> list[NoveltyRow]:
        """Return one verdict per row.

        Args:
            rows: shape (n, n_channels), oldest first; NaN or infinity where a value is missing.

        Raises:
            ValueError: The rows have another number of columns than there are channels.
        """
        table = np.asarray(rows, dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != len(self._channels):
            raise ValueError(f"rows: shape {table.shape} is not (n, {len(self._channels)})")
        return [self._feed_row(row) for row in table]

    def _feed_row(self, row: FloatArray) -> NoveltyRow:
        self._smooth(row)
        if self._model is None:
            self._learn(row)
            return NoveltyRow(
                score=float("nan"), limit=float("nan"), learning=True, alarm=False, contributions=()
            )
        return self._judge(self._model)

    def _smooth(self, row: FloatArray) -> None:
        known = np.isfinite(row)
        fresh = known & np.isnan(self._smoothed)
        self._smoothed = np.where(
            known, (1.0 - self._alpha) * self._smoothed + self._alpha * row, self._smoothed
        )
        self._smoothed[fresh] = row[fresh]

    def _learn(self, row: FloatArray) -> None:
        if not np.isfinite(row).all():
            return
        self._learned.append(self._smoothed.copy())
        if len(self._learned) < self._learning_rows:
            return
        settled = np.array(self._learned[SETTLING_ROWS:])
        self._learned = []
        # What drifted over the rows that were learned from is allowed to drift as far again.
        drift_rows = float(len(settled))
        self._limit = blocked_limit(settled, drift_rows)
        self._model = fit_normal(settled, np.arange(len(settled), dtype=np.float64), drift_rows)

    def _judge(self, model: NormalModel) -> NoveltyRow:
        score = float(model.distance(self._smoothed[np.newaxis, :])[0])
        self._count(score > self._limit)
        return NoveltyRow(
            score=score,
            limit=self._limit,
            learning=False,
            alarm=self._alarm,
            contributions=self._contributions(model),
        )

    def _count(self, over: bool) -> None:
        self._over = self._over + 1 if over else 0
        self._under = 0 if over else self._under + 1
        if self._over >= PERSISTENCE_ROWS:
            self._alarm = True
        elif self._under >= CLEARING_ROWS:
            self._alarm = False

    def _contributions(self, model: NormalModel) -> tuple[Contribution, ...]:
        shares = model.shares(self._smoothed)
        return tuple(
            Contribution(
                channel=self._channels[i],
                value=float(self._smoothed[i]),
                normal=float(model.mean[i]),
                share=float(shares[i]),
            )
            for i in np.argsort(-shares, kind="stable")
        )
