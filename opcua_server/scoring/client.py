"""The server's hand on its scoring worker: start it, feed it, restart it when it dies."""

import asyncio
import itertools
import logging
import os
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from opcua_server.scoring.messages import PREFIX, Message, length_of, pack, unpack

_log = logging.getLogger(__name__)

BACK_OFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
PREDICT_TIMEOUT_S = 1.0
MOST_EARLY = 10_000  # messages; ten a second come from each recording
START_TIMEOUT_S = 15.0  # the first start imports and reads the bundle, 2 s on a machine with time
HANGS_AFTER_S = 10.0  # scoring takes some 30 ms; a worker that is silent for so long is ended and replaced


class WorkerState(StrEnum):
    """How the worker stands, in the words that Diagnostics shows."""

    STARTING = "Starting"
    RUNNING = "Running"
    NO_BUNDLE = "Running without trained detectors"
    DOWN = "Down"


class ScoringUnavailableError(Exception):
    """The worker cannot answer now; the message says why."""


class ScoringClient:
    """Runs one worker process and hands messages to and fro.

    `on_message` gets every answer but predictions; `on_state` hears of every change of state. Nothing here waits for the
    worker but `predict`, and that for a second at most.
    """

    def __init__(
        self,
        configure: Message,
        *,
        on_message: Callable[[Message], None],
        on_state: Callable[[WorkerState, str], None],
    ) -> None:
        self._configure = configure
        self._on_message = on_message
        self._on_state = on_state
        self._process: Process | None = None
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._scoring = False
        self._asked_s = 0.0  # monotonic, of the columns that are being scored
        self.state = WorkerState.STARTING
        self.bundle = ""
        self.problem = ""
        self.wanted = asyncio.Event()  # somebody waits for the worker's first start
        self._started = asyncio.Event()
        self._early: deque[Message] = deque(maxlen=MOST_EARLY)  # for a worker that is not there yet

    @property
    def pid(self) -> int | None:
        """Process id of the running worker."""
        return self._process.pid if self._process is not None else None

    async def run(self) -> None:
        """Keep a worker running until cancelled."""
        failures = 0
        while True:
            try:
                await self._run_once()
            finally:
                await self._end()
            self._set(WorkerState.DOWN, "The scoring worker stopped; it is started again.")
            delay = BACK_OFF_S[min(failures, len(BACK_OFF_S) - 1)]
            failures += 1
            await asyncio.sleep(delay)

    async def _run_once(self) -> None:
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "opcua_server.scoring.worker",
            stdin=PIPE,
            stdout=PIPE,
            env=environment,
            # A terminal's Ctrl-C is for the server, which ends the worker; it may come while the worker still imports.
            process_group=0 if os.name == "posix" else None,
        )
        self._scoring = False
        assert self._process.stdout is not None
        self._send(self._configure)
        while self._early:
            self._send(self._early.popleft())
        while True:
            try:
                prefix = await self._process.stdout.readexactly(PREFIX)
                payload = await self._process.stdout.readexactly(length_of(prefix))
            except (asyncio.IncompleteReadError, ConnectionError, ValueError) as problem:
                _log.info("the scoring worker's stream ended: %s", problem)
                return
            self._take(unpack(payload))

    def _take(self, message: Message) -> None:
        if message.kind == "ready":
            self.bundle, self.problem = message.fields["bundle"], message.fields["problem"]
            self._set(WorkerState.NO_BUNDLE if self.problem else WorkerState.RUNNING, self.problem)
        waiting = self._waiting.pop(message.fields.get("id") or 0, None)
        if waiting is not None:
            if not waiting.done():
                waiting.set_result(message)
            return
        if message.kind == "scores" or message.fields.get("of") == "score":
            self._scoring = False
        self._on_message(message)

    def score(self, message: Message) -> bool:
        """Send columns to be scored, unless the worker is away or still busy with the last ones."""
        if self.state in (WorkerState.DOWN, WorkerState.STARTING):
            return False
        if self._scoring:
            self._end_if_hanging()
            return False
        self._asked_s = time.monotonic()
        self._scoring = self._send(message)
        return self._scoring

    def _end_if_hanging(self) -> None:
        if time.monotonic() - self._asked_s > HANGS_AFTER_S and self._process is not None:
            _log.warning("the scoring worker has not answered for %.0f s and is ended", HANGS_AFTER_S)
            self._process.kill()

    def send(self, message: Message) -> bool:
        """Send a message that is answered in order; returns whether there was someone to send it to.

        Before the worker's first start it waits for it: a detector that learns a recording must see every row.
        """
        if self._process is None and self.state is WorkerState.STARTING:
            self._early.append(message)
            return True
        return self._send(message)

    async def predict(self, sample: dict[str, float]) -> Message:
        """Judge one sample of component production.

        Raises:
            ScoringUnavailableError: No worker, no bundle, or no answer within a second; a worker that is only just being
                started is waited for.
        """
        await self._wait_for_start()
        number = next(self._ids)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            if not self._send(Message(kind="predict", fields={"id": number, "sample": sample})):
                raise ScoringUnavailableError(
                    "The scoring worker is not running: try again in a few seconds."
                )
            async with asyncio.timeout(PREDICT_TIMEOUT_S):
                answer = await future
        except TimeoutError as late:
            raise ScoringUnavailableError("The scoring worker did not answer within 1 s.") from late
        finally:
            self._waiting.pop(number, None)
        if answer.kind != "prediction":
            raise ScoringUnavailableError(f"No prediction: {answer.fields.get('problem', 'unknown reason')}.")
        return answer

    async def _wait_for_start(self) -> None:
        if self.state is not WorkerState.STARTING:
            return
        self.wanted.set()
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._started.wait()
        except TimeoutError as late:
            raise ScoringUnavailableError(
                "The scoring worker is still starting: try again in a few seconds."
            ) from late

    def _send(self, message: Message) -> bool:
        stream = self._process.stdin if self._process is not None else None
        if stream is None or stream.is_closing():
            return False
        stream.write(pack(message))
        return True

    def _set(self, state: WorkerState, reason: str) -> None:
        if state is not self.state:
            self.state = state
            self._started.set()
            self._on_state(state, reason)

    async def _end(self) -> None:
        process, self._process = self._process, None
        for future in self._waiting.values():
            if not future.done():
                future.set_result(Message(kind="failed", fields={"problem": "the worker stopped"}))
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(2.0):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def configure_message(layout: dict[str, Any], novelty: dict[str, list[str]], bundle: str) -> Message:
    """Return the first message to a worker: the plant's layout, who needs a novelty detector, where the bundle lies."""
    return Message(kind="configure", fields={"layout": layout, "novelty": novelty, "bundle": bundle})
