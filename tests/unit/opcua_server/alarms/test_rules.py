"""The source systems' rules, vector by vector, and the file they stand in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import resources
from opcua_server.alarms import AlarmKind, RulesError, build_definitions, load_rules
from tests.unit.opcua_server.alarms.bench import BAD, GEN, PROC, RIG, RULES, normal_bench, tag

RULES_FILE = resources.path("alarms", "rules.toml")
PROCESS = "PROC-001/ProcessOutOfLimits"
LEAK = "GEN-001/OilLeak"
UP, DOWN = np.inf, -np.inf


def _above(bound: float) -> float:
    return float(np.nextafter(bound, UP))


def _below(bound: float) -> float:
    return float(np.nextafter(bound, DOWN))


@pytest.mark.parametrize(
    ("temperature", "vibration", "pressure", "fires"),
    [
        pytest.param(78.2, 3.2, 60.5, False, id="V1b: the sample reading"),
        pytest.param(80.0, 4.0, 90.0, False, id="V1: all at the bound"),
        pytest.param(_above(80.0), 4.0, 90.0, True, id="temperature just above"),
        pytest.param(80.0, _above(4.0), 90.0, True, id="vibration just above"),
        pytest.param(80.0, 4.0, _above(90.0), True, id="pressure just above"),
        pytest.param(_below(80.0), _below(4.0), _below(90.0), False, id="all just below"),
        pytest.param(80.1, 0.0, 0.0, True, id="temperature alone"),
        pytest.param(0.0, 4.1, 0.0, True, id="vibration alone"),
        pytest.param(0.0, 0.0, 90.1, True, id="pressure alone"),
        pytest.param(-90.0, -5.0, -95.0, False, id="negative values"),
    ],
)
def test_that_the_process_rule_fires_strictly_above_its_bounds(
    temperature: float, vibration: float, pressure: float, fires: bool
) -> None:
    bench = normal_bench()

    bench.put("PROC-001", "Temperature", temperature)
    bench.put("PROC-001", "Vibration", vibration)
    bench.put("PROC-001", "Pressure", pressure)
    bench.tick()

    assert bench.engine.record(PROCESS).state.is_active is fires


@pytest.mark.parametrize(
    ("speed", "oil_pressure", "fires"),
    [
        pytest.param(1498.0, 1.62, True, id="V2: a running generator that leaks"),
        pytest.param(500.0, 1.0, False, id="speed at the bound"),
        pytest.param(_above(500.0), _below(2.0), True, id="both just beyond"),
        pytest.param(1500.0, 2.0, False, id="pressure at the bound"),
        pytest.param(0.0, 0.0, False, id="standing still without pressure"),
        pytest.param(501.0, 4.5, False, id="fast with pressure"),
    ],
)
def test_that_the_oil_leak_needs_speed_and_low_pressure_together(
    speed: float, oil_pressure: float, fires: bool
) -> None:
    bench = normal_bench()

    bench.put("GEN-001", "Speed", speed)
    bench.put("GEN-001", "OilPressure", oil_pressure)
    bench.tick()

    assert bench.engine.record(LEAK).state.is_active is fires


def test_that_the_oil_leak_is_p1_and_says_both_values() -> None:
    bench = normal_bench()

    bench.put("GEN-001", "Speed", 1498.0)
    bench.put("GEN-001", "OilPressure", 1.62)
    (raised,) = bench.tick()

    assert raised.record.definition.name == "Critical oil leak"
    assert (raised.record.priority, raised.record.severity) == (1, 900)
    assert raised.record.message == "Critical oil leak: 1.62 bar below 2.0 bar at 1 498 rpm"


def test_that_the_process_rule_names_only_what_is_out_of_limits() -> None:
    bench = normal_bench()

    bench.put("PROC-001", "Temperature", 80.04)
    bench.put("PROC-001", "Pressure", 95.0)
    (raised,) = bench.tick()

    assert raised.record.message == (
        "Process out of limits: Temperature 80.04 °C above 80 °C, Pressure 95.0 bar above 90 bar"
    )


@pytest.mark.parametrize(("value", "status"), [(200.0, BAD), (float("nan"), 0)], ids=["Bad", "NaN"])
def test_that_a_comparison_without_a_value_neither_fires_nor_clears(value: float, status: int) -> None:
    bench = normal_bench()
    bench.put("PROC-001", "Temperature", value, status)
    assert bench.run(10) == []

    bench.put("PROC-001", "Temperature", 85.0)
    bench.tick()
    bench.put("PROC-001", "Temperature", value, status)
    assert bench.run(20) == []

    assert bench.engine.record(PROCESS).state.is_active


def test_that_the_other_comparisons_still_decide_when_one_has_no_value() -> None:
    bench = normal_bench()
    bench.put("PROC-001", "Temperature", float("nan"))
    bench.put("PROC-001", "Pressure", 95.0)
    (raised,) = bench.tick()
    assert raised.record.message == "Process out of limits: Pressure 95.0 bar above 90 bar"

    bench.put("GEN-001", "OilPressure", 1.0)
    bench.tick()
    bench.put("GEN-001", "OilPressure", 1.0, BAD)
    bench.put("GEN-001", "Speed", 0.0)
    bench.run(6)

    assert not bench.engine.record(LEAK).state.is_active


def test_that_a_recorded_machine_has_novelty_and_no_rules() -> None:
    kinds = {d.kind for d in build_definitions([RIG], RULES) if d.device}

    assert kinds == {AlarmKind.NOVELTY}


def test_that_a_limit_on_the_threshold_of_a_rule_makes_no_second_alarm() -> None:
    definitions = {d.key: d for d in build_definitions([GEN, PROC], RULES)}

    assert dict(definitions["GEN-001/OilPressure"].limits) == {"Low": 2.5}
    assert "PROC-001/Pressure" not in definitions


def test_that_a_rule_refuses_a_tag_in_another_unit() -> None:
    in_mm_s = replace(PROC, tags=(tag("Vibration", "mm/s", 20.0),))

    with pytest.raises(
        RulesError, match=r"ProcessOutOfLimits: Vibration: 'm/s²' is not the unit of PROC-001, 'mm/s'"
    ):
        build_definitions([in_mm_s], RULES)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("priority = 1\nall", "priority = 5\nall", r"rule\[1\]\.priority: 5 is outside 1\.\.4"),
        ("above = 80,", "above = nan,", r"rule\[0\]\.any\[0\]\.above: nan is not a finite number"),
        ("above = 80,", "above = 80, below = 1,", "needs exactly one of `above` and `below`"),
        ("above = 80,", "over = 80,", r"rule\[0\]\.any\[0\]\.above: 'below' needs exactly one"),
        (
            "respond_within_s = 60\noff",
            "respond_within_s = 0\noff",
            r"rule\[1\]\.respond_within_s: 0 is outside",
        ),
        ('covers = ["OilPressure"]', 'covers = ["Oil"]', "'Oil' is not a tag that the rule compares"),
        ('action = "Shut the generator down now', 'reaction = "Shut', r"rule\[1\]\.action: is missing"),
        ('key = "TickOverrun"', 'key = "Tick"', "system: 'TickOverrun' is missing"),
        ('quantity = "other"', 'quantity = "other"\nunits = ["x"]', "a general one is needed"),
        ("[prediction]", "[prediction", "cannot be read"),
    ],
)
def test_that_a_mistake_in_the_rules_file_is_told_with_file_and_key(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    text = RULES_FILE.read_text(encoding="utf-8")
    assert old in text
    wrong = tmp_path / "rules.toml"
    wrong.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(RulesError, match=complaint) as caught:
        load_rules(wrong)
    assert str(caught.value).startswith("rules.toml: ")


def test_that_a_message_with_an_unknown_placeholder_is_refused(tmp_path: Path) -> None:
    text = RULES_FILE.read_text(encoding="utf-8").replace("at {Speed}", "at {Rpm}")
    wrong = tmp_path / "rules.toml"
    wrong.write_text(text, encoding="utf-8")

    with pytest.raises(RulesError, match=r"\{Rpm\} is none of"):
        build_definitions([GEN], load_rules(wrong))
