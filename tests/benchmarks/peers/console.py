"""What the console's link costs while values pour in, and how late the screen's own timer comes."""

import json
import statistics
import time

from tests.benchmarks.peers.child import CLIENT_CORE, child, python
from tests.benchmarks.peers.runs import LOADS, OURS, Plan, running
from tests.benchmarks.report import Result

OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def measure(plan: Plan) -> list[Result]:
    """Run the link in a Qt process against our server at both loads."""
    results: list[Result] = []
    late_ms = float("nan")
    for name, goal in (("10k", "<= 3"), ("100k", "<= 6")):
        load = next(load for load in LOADS if load.name == name)
        told: list[dict[str, float]] = []
        with running(OURS, load.tags) as (server, url, _):
            probe = python("tests.benchmarks.peers.link_probe", "--url", url, "--tags", str(load.tags))
            with child(probe, CLIENT_CORE, OFFSCREEN) as console:
                console.answer("ready")
                server.ask(f"hz {load.hz}")
                time.sleep(plan.settle_s)
                console.ask("next")
                for _ in range(plan.windows):
                    time.sleep(plan.window_s)
                    told.append(json.loads(console.ask("next")))
        late_ms = statistics.median(window["late_p99_ms"] for window in told)
        cpu_pct = statistics.median(window["cpu_pct"] for window in told)
        received_s = statistics.median(window["received_s"] for window in told)
        worst_ms = max(window["late_max_ms"] for window in told)
        timer_pct = told[0]["timer_pct"]
        note = f"{received_s:,.0f}/s received; timer late p99 {late_ms:.2f} ms, max {worst_ms:.2f} ms; without the timer's own {timer_pct:.1f} %"
        results.append(Result(name=f"link_cpu_{name}_pct", value=cpu_pct, unit="%", goal=goal, note=note))
    results.append(Result(name="gui_late_p99_ms", value=late_ms, unit="ms", goal="<= 2", note="at 100k"))
    return results
