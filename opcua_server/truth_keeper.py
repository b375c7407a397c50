"""Keep the ground truth in a file beside the server, which no detector reads."""

import asyncio
import logging
import math
import time
from pathlib import Path
from typing import Final

from plant.engine import Engine
from plant.truth_file import truth_text
from plant.unfinished import unfinished_file

_log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
MOST_BUSY: Final = 20.0  # one part of the time in twenty
AT_LEAST_EVERY_S: Final = 60.0  # remaining lives change while nothing happens


class TruthKeeper:
    """Writes the file anew when a fault comes, ends or becomes a failure, and each minute. It is whole at any moment."""

    def __init__(self, engine: Engine, path: Path) -> None:
        self._engine, self._path = engine, path
        self._seen: object = None
        self._is_failing = False

    async def run(self) -> None:
        """Work until cancelled; write a last time then."""
        written_s = -math.inf
        try:
            while True:
                begun_s = time.monotonic()
                if begun_s - written_s >= AT_LEAST_EVERY_S or self._engine.fault_changes != self._seen:
                    written_s = begun_s
                    self._seen = self._engine.fault_changes
                    await asyncio.to_thread(self._write, truth_text(self._engine))
                # What takes long, with thousands of faults, is done less often.
                await asyncio.sleep(max(LOOK_S, MOST_BUSY * (time.monotonic() - begun_s)))
        finally:
            self._write(truth_text(self._engine))

    def _write(self, text: str) -> None:
        try:
            with unfinished_file(self._path) as file:
                file.write(text.encode("utf-8"))
        except OSError as problem:
            if not self._is_failing:
                _log.warning("the ground truth cannot be kept in %s: %s", self._path, problem.strerror)
            self._is_failing = True
        else:
            self._is_failing = False
