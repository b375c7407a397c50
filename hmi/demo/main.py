"""Play the demo: start the server, open the console offscreen, run the script, keep pictures and a summary."""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from PySide6.QtWidgets import QApplication

from hmi.app import console_version, make_link
from hmi.children import ServerProcess, StartError
from hmi.demo.scenes import COMMANDED, Scenes
from hmi.demo.script import DemoInterruptedError, Stage, Step, StepResult
from hmi.settings import ConsoleSettings
from hmi.theme.current import apply_theme
from hmi.views.main_window import MainWindow
from hmi.views.settings import ViewSettings

PAGES = ("overview", "devices", "device", "alarms", "trends", "energy", "simulation", "diagnostics")
SIZE = (1600, 1000)
PICTURES_AFTER = "alarm in the banner"  # the pages are worth a picture while something is wrong
SETTLE_S = 0.6


def main(arguments: Sequence[str] | None = None) -> int:
    """Play the demo; returns the exit status."""
    options = _parser().parse_args(arguments)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    options.snapshots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="andon-demo-") as state:
        server = ServerProcess(state=Path(state), port=0, recordings=options.recordings)
        began = time.monotonic()
        try:
            endpoint = server.start()
            _say(StepResult(name="server started", ok=True, seconds=round(time.monotonic() - began, 2)))
            return _play(ConsoleSettings(url=endpoint, state=Path(state)), options)
        except DemoInterruptedError:
            sys.stdout.write("demo stopped\n")
            return 130
        except StartError as problem:
            seconds = round(time.monotonic() - began, 2)
            _say(StepResult(name="server started", ok=False, seconds=seconds, reason=str(problem)))
            return 1
        finally:
            server.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon demo",
        description="Run server and console against each other without a screen, by a script.",
    )
    parser.add_argument("--recordings", type=Path, metavar="DIR", help="add the test rig that replays DIR")
    parser.add_argument(
        "--snapshots", type=Path, default=Path("snapshots"), metavar="DIR", help="where pictures go"
    )
    return parser


def _play(console: ConsoleSettings, options: argparse.Namespace) -> int:
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(["andon"])
    settings = ViewSettings(reduced_motion=True, console_version=console_version())
    apply_theme(app, settings.palette)
    link = make_link(console)
    window = MainWindow(link, settings)
    window.resize(*SIZE)
    window.show()
    stage = Stage()
    scenes = Scenes(window, link, options.snapshots / "journal.csv")
    link.open()
    try:
        results = _run(stage, scenes, window, options)
    finally:
        window.close()
        link.close()
    summary = {
        "values_received": scenes.values,
        "commands_ok": scenes.commands_ok,
        "alarms_raised": len(scenes.raised),
        "steps": [asdict(result) for result in results],
    }
    (options.snapshots / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return _verdict(results, options.snapshots)


def _run(stage: Stage, scenes: Scenes, window: MainWindow, options: argparse.Namespace) -> list[StepResult]:
    results: list[StepResult] = []
    for step in scenes.steps(with_recording=options.recordings is not None):
        results.append(_run_one(stage, step, scenes))
        if step.name == PICTURES_AFTER:
            _take_pictures(stage, window, options.snapshots)
        if not results[-1].ok:
            break
    return results


def _run_one(stage: Stage, step: Step, scenes: Scenes) -> StepResult:
    result = stage.run(step)
    if not result.ok and scenes.failure():
        result = StepResult(name=result.name, ok=False, seconds=result.seconds, reason=scenes.failure())
    _say(result)
    return result


def _take_pictures(stage: Stage, window: MainWindow, folder: Path) -> None:
    for page in PAGES:
        if page == "device":
            window.show_device(COMMANDED)
        else:
            window.show_page(page)
        stage.wait_until(lambda: False, SETTLE_S)  # the page draws what it has been told since it was opened
        window.grab().save(str(folder / f"{page}.png"))
    window.show_page("overview")


def _say(result: StepResult) -> None:
    mark = "ok  " if result.ok else "FAIL"
    reason = f"  {result.reason}" if result.reason else ""
    sys.stdout.write(f"{mark} {result.name:32} {result.seconds:6.2f} s{reason}\n")
    sys.stdout.flush()


def _verdict(results: list[StepResult], folder: Path) -> int:
    failed = [result.name for result in results if not result.ok]
    if failed:
        sys.stdout.write(f"demo failed at: {failed[0]}\n")
        return 1
    sys.stdout.write(f"demo done: pictures and summary.json in {folder}/\n")
    return 0
