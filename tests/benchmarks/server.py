"""The server under load, beside the library's own and node-opcua's: processor time, losses, latency, stops, start."""

import argparse
import math
import statistics
from collections.abc import Callable, Sequence

from tests.benchmarks.peers import attacks, console, runs, secured
from tests.benchmarks.peers.runs import OURS, PEERS, Measured, Peer, Plan, Survey
from tests.benchmarks.report import Result, parser, publish

FULL = Plan(windows=3, window_s=3.0, settle_s=2.0, starts=3, stops=200)
QUICK = Plan(windows=3, window_s=1.5, settle_s=1.0, starts=1, stops=60)
SATURATED = 0.9  # of what was offered; below it a server's figure is its ceiling, not its cost

Figure = Callable[[Survey], float]


def main() -> None:
    """Run the benchmark."""
    arguments = parser(__doc__)
    arguments.add_argument(
        "--quick", action="store_true", help="short windows and no attacks, while developing"
    )
    arguments.add_argument("--only", choices=["ours", "peers", "console", "secured"], help="measure one part")
    options = arguments.parse_args()
    plan = QUICK if options.quick else FULL
    publish("server", measure(plan, options), as_json=options.json)


def measure(plan: Plan, options: argparse.Namespace) -> list[Result]:
    """Return every result of the parts that are wanted."""

    def wants(part: str) -> bool:
        return options.only in (None, part)

    results: list[Result] = []
    if wants("peers") or wants("ours"):
        peers = [OURS] if options.only == "ours" else PEERS
        results += _compare({peer.name: runs.survey(peer, plan) for peer in peers})
    if wants("secured"):
        results += secured.measure(plan)
    if wants("console"):
        results += console.measure(plan)
    if options.only is None and not options.quick:
        results += attacks.measure()
    return results


def _compare(surveys: dict[str, Survey]) -> list[Result]:
    def result(
        name: str,
        unit: str,
        goal: str,
        figure: Figure,
        *,
        load: str = "",
        ratio: float | None = None,
    ) -> Result:
        found = {peer: _value(figure, survey) for peer, survey in surveys.items()}
        peers = {peer: value for peer, value in found.items() if peer != OURS.name and not math.isnan(value)}
        return Result(
            name=name,
            value=found[OURS.name],
            unit=unit,
            goal=goal,
            peers=peers,
            ratios={"node_opcua": ratio} if ratio is not None else {},
            note=_note(surveys, load),
        )

    def cpu(load: str) -> Figure:
        return lambda survey: survey.loads[load].cpu_pct

    def lost(load: str) -> Figure:
        return lambda survey: float(
            survey.loads[load].lost + survey.loads[load].wrong + survey.loads[load].silent
        )

    return [
        result("cpu_10k_pct", "%", "<= 3", cpu("10k"), load="10k", ratio=0.55),
        result("cpu_100k_pct", "%", "<= 6", cpu("100k"), load="100k", ratio=0.1),
        result("cpu_500k_pct", "%", "<= 15", cpu("500k"), load="500k"),
        result("lost_500k", "", "<= 0", lost("500k"), load="500k"),
        result("latency_spread_10k_ms", "ms", "<= 10", lambda survey: survey.spread_ms, load="10k"),
        result("estop_p99_10k_ms", "ms", "<= 3", lambda survey: survey.stop_p99_ms),
        result("estop_max_10k_ms", "ms", "<= 10", lambda survey: survey.stop_max_ms),
        result("fanout_100x100_pct", "%", "<= 20", cpu("fanout"), load="fanout", ratio=0.4),
        result("lost_fanout", "", "<= 0", lost("fanout"), load="fanout"),
        result("start_1k_s", "s", "<= 2", lambda survey: statistics.median(survey.starts_s[1_000])),
        result("start_10k_s", "s", "<= 3", lambda survey: statistics.median(survey.starts_s[10_000])),
    ]


def _value(figure: Figure, survey: Survey) -> float:
    try:
        return figure(survey)
    except (KeyError, statistics.StatisticsError):
        return math.nan


def _note(surveys: dict[str, Survey], load: str) -> str:
    """Say what was delivered, what the load client itself cost, and who is absent or at its limit."""
    said: list[str] = [f"{peer} absent: {survey.absent}" for peer, survey in surveys.items() if survey.absent]
    for peer, survey in surveys.items():
        if load in survey.broke:
            said.append(f"{peer} broke: {survey.broke[load]}")
        measured = survey.loads.get(load)
        if measured is not None:
            said.append(f"{peer}: {_told(measured)}")
    return "; ".join(said)


def _told(measured: Measured) -> str:
    limit = " SATURATED" if measured.received_s < SATURATED * measured.expected_s else ""
    return (
        f"{measured.received_s:,.0f}/s of {measured.expected_s:,.0f}{limit}, lost {measured.lost}, wrong {measured.wrong}, "
        f"silent {measured.silent}, client {measured.client_cpu_pct:.0f} %"
    )


__all__: Sequence[str] = ["Peer", "main"]

if __name__ == "__main__":
    main()
