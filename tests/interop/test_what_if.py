"""What-if, asked by foreign clients: setpoints tried out on forks of the plant."""

from typing import Any

import pytest

from opcua_server.model.what_if import WHAT_IF_OUTPUTS
from tests.support.foreign_client import ForeignClient

NAMES = [entry[0] for entry in WHAT_IF_OUTPUTS]
DEVICE, SETPOINT = "CNC-003", "SpindleSpeedSetpoint"


def ask(
    client: ForeignClient,
    value: float | None,
    *,
    minutes: float = 5.0,
    curves: tuple[str, ...] = (),
    points: int = 20,
    setpoint: str = SETPOINT,
) -> dict[str, Any]:
    """Ask and return the whole answer; `value` None proposes nothing."""
    changed = [] if value is None else [value]
    return client.call(
        "Plant/WhatIf",
        ("String", [DEVICE] if changed else []),
        ("String", [setpoint] if changed else []),
        ("Double", changed),
        ("Double", minutes),
        ("String", list(curves)),
        ("UInt32", points),
    )


def named(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["status"] == "Good", answer
    return dict(zip(NAMES, answer["outputs"], strict=True))


def test_that_a_proposed_speed_is_told_beside_doing_nothing(client: ForeignClient) -> None:
    before = client.read(f"{DEVICE}/Setpoints/{SETPOINT}")

    found = named(ask(client, 11_500.0))

    measured = [tag.removeprefix(f"{DEVICE}/") for tag in found["Tags"]]
    at = measured.index("SpindleSpeed") * 20
    assert len(found["Time_s"]) == len(found["NothingPower_kW"]) == len(found["ProposedPower_kW"]) == 20
    assert found["Time_s"][-1] == pytest.approx(300.0)
    assert len(found["Nothing"]) == len(found["Proposed"]) == 20 * len(found["Tags"])
    assert found["Proposed"][at + 19] == pytest.approx(11_500.0, rel=0.02)
    assert found["Nothing"][at + 19] == pytest.approx(before, rel=0.02)
    nothing, proposed = (
        dict(zip(found["Figures"], found[f"{branch}Figures"], strict=True))
        for branch in ("Nothing", "Proposed")
    )
    assert proposed["DevicesEnergy_kWh"] > nothing["DevicesEnergy_kWh"] > 0.0
    assert proposed["PlantCost_EUR"] == pytest.approx(proposed["PlantEnergy_kWh"] * 0.22)
    assert nothing["Revenue_EUR"] > 0.0
    assert set(found["RulDevices"]) == {DEVICE}
    assert len(found["RulModes"]) == len(found["RulNothing_h"]) == len(found["RulProposed_h"]) >= 3
    assert client.read(f"{DEVICE}/Setpoints/{SETPOINT}") == before


def test_that_a_whole_plant_can_be_asked_how_it_goes_on(client: ForeignClient) -> None:
    found = named(ask(client, None, minutes=2.0, curves=("PUMP-001", "CELL-001")))

    assert {tag.split("/")[0] for tag in found["Tags"]} == {"PUMP-001", "CELL-001"}
    assert found["Nothing"] == found["Proposed"]


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        ({"value": 99_999.0}, "BadOutOfRange", "99999 is outside"),
        ({"value": 9_000.0, "setpoint": "Warp"}, "BadNodeIdUnknown", f"{DEVICE} has no tag Warp"),
        ({"value": 9_000.0, "minutes": 0.0}, "BadOutOfRange", "WhatIf Minutes: 0 is outside"),
        ({"value": 9_000.0, "minutes": 241.0}, "BadOutOfRange", "WhatIf Minutes: 241 is outside"),
        ({"value": 9_000.0, "minutes": "NaN"}, "BadOutOfRange", "WhatIf Minutes"),
        ({"value": 9_000.0, "points": 601}, "BadOutOfRange", "WhatIf Points: 601 is outside"),
        ({"value": 9_000.0, "curves": ("CNC-999",)}, "BadNodeIdUnknown", "there is no device CNC-999"),
    ],
)
def test_that_a_question_out_of_bounds_is_refused_with_a_reason(
    client: ForeignClient, arguments: dict[str, Any], status: str, reason: str
) -> None:
    answer = ask(client, **arguments)

    assert answer["status"] == status
    assert reason in answer["reasons"][0]


def test_that_arrays_of_unequal_length_are_refused(client: ForeignClient) -> None:
    inputs = [
        ("String", [DEVICE]),
        ("String", []),
        ("Double", [1.0]),
        ("Double", 1.0),
        ("String", []),
        ("UInt32", 0),
    ]

    answer = client.call("Plant/WhatIf", *inputs)

    assert answer["status"] == "BadInvalidArgument"
    assert "must be of one length" in answer["reasons"][0]


def test_that_a_scalar_for_an_array_is_refused(client: ForeignClient) -> None:
    inputs = [
        ("String", DEVICE),
        ("String", []),
        ("Double", []),
        ("Double", 1.0),
        ("String", []),
        ("UInt32", 0),
    ]

    answer = client.call("Plant/WhatIf", *inputs)

    assert answer["status"] == "BadInvalidArgument"
    assert answer["reasons"][0] == "Argument 1 must be an array of String, not a String."
