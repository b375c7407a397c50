"""Tests of the list of tags to pick from."""

from PySide6.QtWidgets import QApplication

from hmi.state.tag_list import TagListModel
from tests.fakes.link import FakeLink


def test_that_a_setpoint_is_called_so_once(themed: QApplication) -> None:
    tags = TagListModel()
    tags.show_model(FakeLink().model)

    tags.set_filter("cnc-014 speed setpoint")

    labels = [tags.data(tags.index(row)) for row in range(tags.rowCount())]
    assert labels == ["CNC-014   Spindle speed setpoint   rpm"]
