"""The whole loop on the default plant: start, e-stop, and what the three processes cost."""

import statistics
import time

import numpy as np
import psutil

from tests.benchmarks.processes import Running, andon, cpu_s, server_accept_s
from tests.benchmarks.report import Result, parser, publish
from tests.support.accounts import operator_of
from tests.support.node_client import node_client

WARM_UP_S = 10.0
WINDOW_S = 60.0
STARTS = 3
STOPS = 300
PAUSE_S = 0.037  # no multiple of the plant's tick, so that stops fall on every phase of it
SOAK_S = 1200.0
SAMPLE_S = 10.0


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument("--soak", action="store_true", help="also watch memory for 20 minutes")
    options = arguments.parse_args()
    accept_s = statistics.median(server_accept_s() for _ in range(STARTS))
    live = [_live_s() for _ in range(STARTS - 1)]
    with andon() as running:
        live.append(running.live_s)
        time.sleep(WARM_UP_S)
        server, worker, console = _shares(running)
        stops_ms = _stops_ms(running)
        slope = _memory_slope(running) if options.soak else None
    results = [
        Result(name="server_accept_s", value=accept_s, unit="s", goal="<= 3"),
        Result(name="console_live_s", value=statistics.median(live), unit="s", goal="<= 4"),
        Result(name="estop_p50_ms", value=float(np.percentile(stops_ms, 50)), unit="ms", goal=""),
        Result(name="estop_p99_ms", value=float(np.percentile(stops_ms, 99)), unit="ms", goal="<= 50"),
        Result(name="server_cpu_pct", value=server, unit="%", goal="<= 25"),
        Result(name="worker_cpu_pct", value=worker, unit="%", goal="<= 15"),
        Result(name="console_cpu_pct", value=console, unit="%", goal="<= 15"),
    ]
    if slope is not None:
        results.append(Result(name="memory_slope_mb_h", value=slope, unit="MB/h", goal="<= 5"))
    publish("loop", results, as_json=options.json)


def _live_s() -> float:
    with andon() as running:
        return running.live_s


def _shares(running: Running) -> tuple[float, float, float]:
    """Return the share of one core that server, worker and console use, in percent."""
    processes = (running.server, running.worker, running.console)
    before = [cpu_s(process) for process in processes]
    began = time.perf_counter()
    time.sleep(WINDOW_S)
    took = time.perf_counter() - began
    server, worker, console = (
        100.0 * (cpu_s(process) - earlier) / took for process, earlier in zip(processes, before, strict=True)
    )
    return server, worker, console


def _stops_ms(running: Running) -> list[float]:
    """Stop a running machine by node-opcua, again and again, and return each round trip; it is reset in between."""
    found: list[float] = []
    device = "nsu=urn:andon:factory;s=CNC-014"
    with node_client(running.endpoint, operator_of(running.state)) as client:
        for _ in range(STOPS):
            answer = client.do("call", object=device, method=f"{device}/EmergencyStop")
            assert answer["status"] == "Good", answer
            found.append(answer["ms"])
            client.do("call", object=device, method=f"{device}/ResetEmergencyStop")
            time.sleep(PAUSE_S)
    return found


def _memory_slope(running: Running) -> float:
    """Return how fast server and console grow together, by a line through the samples."""
    times: list[float] = []
    sizes: list[float] = []
    began = time.perf_counter()
    while time.perf_counter() - began < SOAK_S:
        times.append((time.perf_counter() - began) / 3600.0)
        sizes.append(sum(_resident_mb(process) for process in (running.server, running.console)))
        time.sleep(SAMPLE_S)
    return float(np.polyfit(times, sizes, 1)[0])


def _resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


if __name__ == "__main__":
    main()
