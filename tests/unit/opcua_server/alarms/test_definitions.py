"""What every alarm must have, and the one table of severities."""

from dataclasses import replace

import pytest

from opcua_server.alarms import AlarmKind, AlarmText, LimitName, build_definitions, priority_of, severity_of
from opcua_server.alarms.lint import lint
from tests.unit.opcua_server.alarms.bench import CNC, DEVICES, RULES, tag

ALL = build_definitions(DEVICES, RULES)
OF = {definition.key: definition for definition in ALL}
UNITS = ("°C", "bar", "mm/s", "m/s²", "g", "rpm", "m/s", "%", "kW", "A", "V", "Hz", "N·m", "mm", "dB", "m³/h", "l/min",
         "Mbit/s", "1/s", "h", "€", "")  # fmt: skip


def test_that_every_alarm_says_cause_consequence_action_and_time_to_respond() -> None:
    every_unit = replace(
        CNC, tags=tuple(tag(f"T{i}", unit, 100.0, hi=80.0, lo=5.0) for i, unit in enumerate(UNITS))
    )

    assert lint(ALL) == []
    assert lint(build_definitions([every_unit], RULES)) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            AlarmText(cause="It broke down.", consequence="It stops.", action="", respond_within_s=60),
            "operator action",
        ),
        (
            AlarmText(cause="n/a", consequence="It stops.", action="Repair it.", respond_within_s=60),
            "no cause",
        ),
        (
            AlarmText(cause="It broke down.", consequence=" ", action="Repair it.", respond_within_s=60),
            "consequence",
        ),
        (
            AlarmText(
                cause="It broke down.", consequence="It stops.", action="Repair it.", respond_within_s=0
            ),
            "time",
        ),
        (
            AlarmText(
                cause="Isolation Forest", consequence="It stops.", action="Repair it.", respond_within_s=9
            ),
            "algor",
        ),
    ],
)
def test_that_the_lint_finds_an_alarm_nobody_can_act_on(text: AlarmText, fault: str) -> None:
    (found,) = lint([replace(OF["GEN-001/OilLeak"], text=text)])

    assert found.startswith("GEN-001/OilLeak: ")
    assert fault in found


def test_that_keys_lead_to_the_nodes_of_the_conditions() -> None:
    assert OF["GEN-001/OilLeak"].node_path == "GEN-001/Alarms/OilLeak"
    assert OF["Plant/EmergencyStop"].node_path == "Plant/Alarms/EmergencyStop"
    assert OF["System/TickOverrun"].node_path == "System/Alarms/TickOverrun"
    assert OF["System/TickOverrun"].device == ""


def test_that_each_machine_has_one_prediction_and_a_recording_one_novelty() -> None:
    predictive = sorted(d.key for d in ALL if d.predicted)

    assert predictive == [
        "CNC-014/FailurePredicted",
        "GEN-001/FailurePredicted",
        "PROC-001/FailurePredicted",
        "RIG-001/Novelty",
    ]


def test_that_deadbands_are_one_percent_of_span_for_temperature_and_two_for_pressure() -> None:
    assert OF["CNC-014/SpindleTemperature"].deadband == pytest.approx(1.2)
    assert OF["CNC-014/GripperPressure"].deadband == pytest.approx(0.2)
    assert OF["GEN-001/Speed"].deadband == pytest.approx(40.0)


def test_that_outer_limits_are_p2_and_inner_ones_p3() -> None:
    definition = OF["CNC-014/GripperPressure"]

    priorities = {limit: definition.priority_for(limit) for limit in LimitName}

    assert priorities == {"LowLow": 2, "Low": 3, "High": 3, "HighHigh": 2}


def test_that_a_low_limit_speaks_of_low_pressure() -> None:
    definition = OF["CNC-014/GripperPressure"]

    assert "leak" in definition.text_for(LimitName.LOW_LOW).cause
    assert "blocked" in definition.text_for(LimitName.HIGH).cause


def test_that_there_is_one_emergency_stop_and_every_system_alarm() -> None:
    kinds = [d.kind for d in ALL]

    assert kinds.count(AlarmKind.ESTOP) == 1
    assert kinds.count(AlarmKind.SYSTEM) == len(RULES.system)


def test_that_severities_are_one_table_both_ways() -> None:
    assert [severity_of(p) for p in (1, 2, 3, 4)] == [900, 700, 500, 200]
    assert [priority_of(severity_of(p)) for p in (1, 2, 3, 4)] == [1, 2, 3, 4]
    assert [priority_of(s) for s in (1, 349, 350, 599, 600, 799, 800, 1000)] == [4, 4, 3, 3, 2, 2, 1, 1]
    with pytest.raises(ValueError, match=r"severity 0 is outside 1\.\.1000"):
        priority_of(0)
