"""The console's link in an offscreen Qt process, beside a 16 ms timer that measures how late it comes.

The console asks for four values a second of each tag; here it asks for every change, ten a second.
Prints "ready" once every tag is subscribed; each line on standard input is answered with the figures since the last one.
"""

import argparse
import gc
import json
import resource
import sys
import time

import numpy as np
from PySide6.QtCore import QCoreApplication, QSocketNotifier, Qt, QTimer
from PySide6.QtWidgets import QApplication

from hmi.link import subscription
from hmi.link.link import Link
from hmi.link.types import SampleBatch

TICK_MS = 16
SETTLE_MS = 500
REST_MS = 2000
EVERY_CHANGE_MS = 100.0


class Probe:
    """Counts samples and late ticks."""

    def __init__(self, app: QCoreApplication, url: str, tags: int) -> None:
        self._app = app
        self._tags = tags
        self._seen = np.zeros(0, bool)
        self._ready = False
        self._received = 0
        self._late_ms: list[float] = []
        self._due_s = time.perf_counter()
        self._cpu_s = _cpu_s()
        self._began_s = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()
        self._orders = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
        self._orders.activated.connect(self._on_order)
        self.link = Link(url)
        self.link.samples_arrived.connect(self._on_samples)
        self._timer_pct = 0.0  # what the measuring timer costs by itself
        QTimer.singleShot(SETTLE_MS, self._begin_at_rest)

    def _begin_at_rest(self) -> None:
        self._cpu_s, self._began_s = _cpu_s(), time.perf_counter()
        QTimer.singleShot(REST_MS, self._end_at_rest)

    def _end_at_rest(self) -> None:
        self._timer_pct = 100.0 * (_cpu_s() - self._cpu_s) / (time.perf_counter() - self._began_s)
        self.link.open()

    def _on_tick(self) -> None:
        now_s = time.perf_counter()
        self._late_ms.append(max(0.0, (now_s - self._due_s) * 1e3 - TICK_MS))
        self._due_s = now_s

    def _on_samples(self, batch: SampleBatch) -> None:
        self._received += len(batch.tag_ids)
        if not self._ready:
            known = max(len(self._seen), int(batch.tag_ids.max()) + 1)
            self._seen = np.concatenate([self._seen, np.zeros(known - len(self._seen), bool)])
            self._seen[batch.tag_ids] = True
            if np.count_nonzero(self._seen) >= self._tags:
                self._ready = True
                gc.collect()
                gc.freeze()
                print("ready", flush=True)

    def _on_order(self) -> None:
        if not sys.stdin.readline():
            self._app.quit()
            return
        took_s = time.perf_counter() - self._began_s
        late = np.array(self._late_ms or [np.nan])
        answer = {
            "cpu_pct": 100.0 * (_cpu_s() - self._cpu_s) / took_s - self._timer_pct,
            "timer_pct": self._timer_pct,
            "received_s": self._received / took_s,
            "late_p99_ms": float(np.percentile(late, 99)),
            "late_max_ms": float(late.max()),
        }
        print(json.dumps(answer), flush=True)
        self._received, self._late_ms = 0, []
        self._cpu_s, self._began_s = _cpu_s(), time.perf_counter()


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--tags", type=int, required=True)
    options = parser.parse_args()
    subscription.VALUES_INTERVAL_MS = EVERY_CHANGE_MS  # type: ignore[misc, unused-ignore]  # read at each subscribing
    app = QApplication(["probe"])
    probe = Probe(app, options.url, options.tags)
    app.exec()
    probe.link.close()


if __name__ == "__main__":
    main()
