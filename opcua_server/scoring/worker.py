"""The scoring worker's own process: read columns, score, answer, end when the server does.

Run as `python -m opcua_server.scoring.worker`; the server starts it and talks to it over its standard streams.
"""

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from models.bundle import Bundle, load_bundle
from models.component import ComponentPredictor
from models.errors import BundleError
from models.layout import Layout
from models.novelty import NoveltyDetector
from models.scoring import Scorer
from opcua_server.scoring.messages import PREFIX, Message, length_of, pack, unpack

_log = logging.getLogger(__name__)


class Worker:
    """Answers one message at a time."""

    def __init__(self) -> None:
        self._scorer: Scorer | None = None
        self._component: ComponentPredictor | None = None
        self._novelty: dict[str, NoveltyDetector] = {}
        self._handlers: dict[str, Callable[[Message], Message]] = {
            "configure": self._configure,
            "score": self._score,
            "replay": self._replay,
            "predict": self._predict,
        }

    def answer(self, message: Message) -> Message:
        """Return the answer to one message; a fault of ours is an answer too, the worker lives on."""
        try:
            return self._handlers[message.kind](message)
        except Exception as problem:  # noqa: BLE001  # one bad message must not end the scoring of all devices
            _log.exception("the message %s failed", message.kind)
            fields = {
                "id": message.fields.get("id"),
                "of": message.kind,
                "problem": f"{type(problem).__name__}: {problem}",
            }
            return Message(kind="failed", fields=fields)

    def _configure(self, message: Message) -> Message:
        bundle: Bundle | None = None
        problem = ""
        try:
            bundle = load_bundle(Path(message.fields["bundle"]))
        except BundleError as error:
            problem = str(error)
        self._scorer = Scorer(Layout.from_dict(message.fields["layout"]), bundle)
        self._component = ComponentPredictor(bundle.component) if bundle is not None else None
        self._novelty = {
            device: NoveltyDetector(channels) for device, channels in message.fields["novelty"].items()
        }
        name = bundle.name if bundle is not None else ""
        return Message(kind="ready", fields={"bundle": name, "problem": problem})

    def _score(self, message: Message) -> Message:
        assert self._scorer is not None
        arrays = message.arrays
        scores = self._scorer.score(
            arrays["values"], arrays["status"], arrays["running"], float(message.fields["t_s"])
        )
        fields = {
            "faults": list(scores.fault_name),
            "contributions": {
                str(index): list(map(list, rows)) for index, rows in scores.contributions.items()
            },
        }
        columns = {
            "failure_probability": scores.failure_probability,
            "learning": scores.learning,
            "anomaly_score": scores.anomaly_score,
            "anomaly": scores.anomaly,
            "idle_kw": scores.idle_kw,
        }
        return Message(kind="scores", fields=fields, arrays=columns)

    def _replay(self, message: Message) -> Message:
        device = message.fields["device"]
        rows = self._novelty[device].feed(message.arrays["values"])
        last = rows[-1]
        # The alarm's first row is what the journal and the event must tell, wherever it lies in the batch.
        raised = [index for index, row in enumerate(rows) if row.alarm]
        fields = {
            "device": device,
            "first_row": message.fields["first_row"],
            "learning": last.learning,
            "alarm": last.alarm,
            "raised_at": raised[0] if raised else None,
            "score": last.score,
            "limit": last.limit,
            "contributions": [
                [each.channel, each.value, each.normal, each.share]
                for each in rows[raised[0] if raised else -1].contributions
            ],
        }
        columns = {"alarms": np.array([row.alarm for row in rows], dtype=bool)}
        return Message(kind="novelty", fields=fields, arrays=columns)

    def _predict(self, message: Message) -> Message:
        if self._component is None:
            return Message(
                kind="failed", fields={"id": message.fields["id"], "of": "predict", "problem": "no bundle"}
            )
        verdict = self._component.predict(**message.fields["sample"])
        fields = {
            "id": message.fields["id"],
            "score": verdict.score,
            "is_anomaly": int(verdict.is_anomaly),
            "reason": verdict.reason,
        }
        return Message(kind="prediction", fields=fields)


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer messages until the stream ends."""
    worker = Worker()
    while True:
        prefix = source.read(PREFIX)
        if len(prefix) < PREFIX:
            return
        payload = source.read(length_of(prefix))
        sink.write(pack(worker.answer(unpack(payload))))
        sink.flush()


def main() -> None:
    """Run the worker on its standard streams."""
    # Ctrl-C goes to the whole process group: the server ends, and with it the stream that ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="worker: %(message)s")
    source = os.fdopen(os.dup(0), "rb")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the messages
    try:
        serve(source, sink)
    except BrokenPipeError:
        _log.info("the server is gone")


if __name__ == "__main__":
    main()
