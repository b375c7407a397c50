"""Tests of the trainer's page."""

import math
from collections.abc import Callable
from typing import cast

import pytest

from hmi.views.main_window import MainWindow
from hmi.views.simulation import SimulationPage
from tests.fakes.link import FakeLink

MakeWindow = Callable[..., tuple[MainWindow, FakeLink]]
NAN = math.nan


class Trainer:
    """The page, and a server that answers it."""

    def __init__(self, window: MainWindow, link: FakeLink) -> None:
        self.link = link
        window.show_page("simulation")
        self.page = cast("SimulationPage", window.pages["simulation"])
        self.page._ask_anew()
        self.window = window

    def answer(self, question: str, payload: object = None, error: str = "") -> None:
        """Answer every open question of a kind: "scenarios", "faults", "truth", "done"."""
        for number, take in list(self.page.desk._asked.items()):
            if question in take.__qualname__ or (question == "done" and "_do" in take.__qualname__):
                self.link.answer(number, payload, error)

    def calls(self) -> list[tuple[object, ...]]:
        return [each[1:] for each in self.link.asked if each[0] == "simulate"]


@pytest.fixture
def trainer(make_window: MakeWindow) -> Trainer:
    made = Trainer(*make_window())
    made.answer("faults", (["tool_wear", "sensor_drift"], ["The tool wears", "A sensor drifts"]))
    made.answer("scenarios", (["sag", "lost"], ["Supply sag", "Water lost"], ["a", "b"], ["", "running"]))
    return made


def test_that_a_fault_is_injected_with_what_was_chosen(trainer: Trainer) -> None:
    page = trainer.page
    page.device.setCurrentText("CNC-014")
    page.severity.setValue(50)
    page.onset.setValue(30)

    page.inject.click()

    assert trainer.calls()[-1] == ("InjectFault", "CNC-014", "tool_wear", 0.5, 30.0, 600.0)


def test_that_a_sensor_fault_strikes_the_measurement_chosen_and_others_ask_for_none(trainer: Trainer) -> None:
    page = trainer.page
    before = page.tag.isEnabled()
    page.fault.setCurrentIndex(1)
    page.tag.setCurrentIndex(page.tag.findData("Vibration"))

    page.inject.click()

    assert (before, page.tag.isEnabled()) == (False, True)
    assert trainer.calls()[-1][2] == "sensor_drift/Vibration"


def test_that_a_device_nobody_knows_is_not_injected(trainer: Trainer) -> None:
    trainer.page.device.setCurrentText("CNC-999")

    assert not trainer.page.inject.isEnabled()


def test_that_a_scenario_is_run_and_one_that_runs_is_stopped(trainer: Trainer) -> None:
    page = trainer.page
    assert (page.run.isEnabled(), page.stop.isEnabled()) == (True, False)

    page.run.click()
    page.scenarios.selectRow(1)
    page.stop.click()

    deeds = [each for each in trainer.calls() if each[0] in ("RunScenario", "StopScenario")]
    assert deeds == [("RunScenario", "sag"), ("StopScenario", "lost")]


def test_that_a_refusal_is_said_in_the_servers_words(trainer: Trainer) -> None:
    trainer.page.set_speed.click()

    trainer.answer("done", error="You do not have the right to do this.")

    assert trainer.calls()[-1][0] == "ListScenarios"
    assert trainer.page.said.whole() == "Not done: You do not have the right to do this."


def test_that_the_truth_is_asked_for_and_shown_only_when_wanted(trainer: Trainer) -> None:
    page = trainer.page
    trainer.window.refresh()
    assert "GroundTruth" not in [each[0] for each in trainer.calls()]

    page.show_truth.click()
    trainer.answer(
        "truth",
        (["CNC-014"], ["tool_wear"], [""], [1.0], [120.0], [0.42], [NAN], [3.4], [NAN]),
    )

    row = [page.truth_rows.index(0, column).data() for column in range(8)]
    assert row == ["CNC-014", "tool wear", "–", "100", "42", "2:00", "3.4", "–"]

    page.show_truth.click()

    assert page.truth_rows.rowCount() == 0


def test_that_an_answer_of_another_shape_shows_nothing(trainer: Trainer) -> None:
    trainer.page._ask_anew()

    trainer.answer("scenarios", (["one"], ["two", "three"]))

    assert trainer.page.scenario_rows.rowCount() == 0


def test_that_nothing_of_a_silent_server_is_shown_as_if_it_were_so_now(trainer: Trainer) -> None:
    trainer.window.refresh()
    before = trainer.page.scenarios.cells.fault

    trainer.link.go_silent()
    trainer.window.refresh()

    assert before == ""
    assert trainer.page.scenarios.cells.fault
    assert trainer.page.truth.cells.fault
