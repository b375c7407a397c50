"""Tests of the energy sums and of what would lower them."""

import math
import re

import pytest

from hmi.state.console import ConsoleState
from hmi.state.energy import WORTH_KW, EnergyView
from tests.fakes.link import BAD_NO_COMMUNICATION, FakeLink


@pytest.fixture
def state(link: FakeLink) -> ConsoleState:
    made = ConsoleState(link)
    link.connect_plant()
    made.refresh()
    return made


def _view(state: ConsoleState, link: FakeLink) -> EnergyView:
    link.tick()
    state.refresh()
    return EnergyView(state.columns, state.store)


def test_that_the_servers_sums_and_price_become_costs(state: ConsoleState, link: FakeLink) -> None:
    now = _view(state, link).now()

    assert (now.drawn_kw, now.idle_kw, now.generated_kw) == (640.0, 12.0, 412.0)
    assert now.cost_eur_h == pytest.approx(160.0)
    assert now.idle_eur_day == pytest.approx(72.0)
    assert now.missing == 0


def test_that_a_server_without_sums_is_summed_here_and_machines_without_reading_are_counted(
    state: ConsoleState, link: FakeLink
) -> None:
    for path in ("Energy/PowerDrawn", "Energy/PowerIdle", "Energy/PowerGenerated"):
        link.set_plant(path, math.nan, BAD_NO_COMMUNICATION)
    before = _view(state, link).now()
    link.set_plant("CNC-001/Measurements/Power", 10.0, BAD_NO_COMMUNICATION)

    now = _view(state, link).now()

    assert now.missing == 1
    assert before.drawn_kw - now.drawn_kw == pytest.approx(10.4, rel=0.2)
    assert now.generated_kw == pytest.approx(412.0, rel=0.2)
    assert now.idle_kw == 0.0


def test_that_lines_share_the_whole_and_the_thirstiest_comes_first(
    state: ConsoleState, link: FakeLink
) -> None:
    lines = _view(state, link).lines()

    assert sum(line.share for line in lines) == pytest.approx(1.0)
    assert [line.drawn_kw for line in lines] == sorted((line.drawn_kw for line in lines), reverse=True)
    assert sum(line.drawn_kw for line in lines) > 0


def test_that_machines_worth_shutting_down_are_listed_with_kw_and_eur(
    state: ConsoleState, link: FakeLink
) -> None:
    link.set_plant("CNC-003/Health/IdlePower", 2.0)
    link.set_plant("ROBOT-002/Health/IdlePower", 3.5)
    link.set_plant("DRILL-001/Health/IdlePower", WORTH_KW - 0.01)

    actions = _view(state, link).actions()

    assert [(a.device, a.saving_kw) for a in actions] == [("ROBOT-002", 3.5), ("CNC-003", 2.0)]
    assert actions[0].saving_eur_day == pytest.approx(3.5 * 0.25 * 24)


def test_that_a_machine_that_draws_more_than_its_twin_expects_is_listed_after_a_minute(
    state: ConsoleState, link: FakeLink
) -> None:
    link.set_plant("CNC-005/Measurements/Power", 13.0)  # expected: 10.4
    early = _view(state, link).actions()
    for _ in range(70):
        link.tick()

    (action,) = _view(state, link).actions()

    assert early == ()
    assert (action.device, action.what) == ("CNC-005", "Look for wear, then maintain it")
    assert action.saving_kw == pytest.approx(2.6, abs=0.3)
    assert re.fullmatch(r"draws 2\d% more than expected", action.why)
