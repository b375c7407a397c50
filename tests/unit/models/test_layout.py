"""The description of a plant's columns."""

import json

import numpy as np
import pytest

from models.layout import Layout
from models.slots import SLOTS, slot_table, slot_values
from tests.unit.models.recordings_made import layout


def generator() -> Layout:
    units = ("A", "A", "A", "degC", "degC", "degC", "Nm")
    return Layout(
        devices=("GEN-001",),
        families=("generator",),
        tag_device_index=np.zeros(len(units), dtype=np.int32),
        tag_group=("Measurements",) * len(units),
        tag_name=tuple(f"Tag{i}" for i in range(len(units))),
        tag_unit=units,
        normal_low=np.full(len(units), np.nan),
        normal_high=np.full(len(units), 1.0),
    )


def test_that_a_layout_survives_json() -> None:
    plan = layout()
    again = Layout.from_dict(json.loads(json.dumps(plan.to_dict())))

    assert again.to_dict() == plan.to_dict()
    assert again.tag_device_index.dtype == np.int32


def test_that_a_missing_part_is_named() -> None:
    data = layout().to_dict()
    del data["tag_unit"]

    with pytest.raises(ValueError, match="layout: tag_unit is missing"):
        Layout.from_dict(data)


@pytest.mark.parametrize(
    ("part", "value", "message"),
    [
        ("families", ["cnc"], "1 families for 10 devices"),
        ("tag_name", ["Only"], "tag_name has 1 entries"),
        ("tag_device_index", [99] * len(layout().tag_name), "outside 0..9"),
    ],
)
def test_that_parts_that_do_not_fit_are_refused(part: str, value: list[object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Layout.from_dict({**layout().to_dict(), part: value})


def test_that_tags_of_one_unit_fill_its_slots_in_order_and_no_more() -> None:
    columns = dict(zip(SLOTS, slot_table(generator()).column[0].tolist(), strict=True))

    assert [columns[name] for name in ("current", "current_2", "current_3")] == [0, 1, 2]
    assert [columns[name] for name in ("temperature", "temperature_2")] == [3, 4]
    assert columns["pressure"] == -1
    assert 6 not in columns.values()


def test_that_the_unbalance_of_three_phases_is_a_quantity_of_its_own() -> None:
    row = np.array([90.0, 100.0, 110.0, 20.0, 20.0, 20.0, 5.0])

    assert slot_values(row, slot_table(generator()))[0, SLOTS.index("current_unbalance")] == pytest.approx(
        0.2
    )


def test_that_a_replayed_device_feeds_no_slot() -> None:
    data = generator().to_dict() | {"families": ["replay"]}
    table = slot_table(Layout.from_dict(data))

    assert table.family[0] == -1
    assert (table.column == -1).all()
