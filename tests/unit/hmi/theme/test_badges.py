"""Tests of the alarm badge: told apart by shape, colour, digit and state."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from hmi.theme.badges import Badge, BadgeState, paint_badge
from hmi.theme.tokens import LIGHT

SIDE = 24


def draw(badge: Badge, *, lit: bool = True, ground: str = LIGHT.panel) -> NDArray[np.uint8]:
    picture = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    picture.fill(QColor(ground))
    painter = QPainter(picture)
    paint_badge(painter, QRectF(0, 0, SIDE, SIDE), badge, lit=lit)
    painter.end()
    return np.frombuffer(bytes(picture.constBits()), np.uint8).reshape(SIDE, SIDE, 4)[:, :, :3].copy()


def silhouette(badge: Badge) -> NDArray[np.bool_]:
    ground = np.array([0xDB, 0xD9, 0xD6])  # LIGHT.panel in BGR
    return np.asarray((np.abs(draw(badge).astype(int) - ground).sum(axis=2)) > 60)


def test_that_priorities_differ_by_shape_alone(themed: QApplication) -> None:
    shapes = [silhouette(Badge(p)) for p in (1, 2, 3, 4)]

    for one, other in itertools.combinations(shapes, 2):
        assert (one != other).mean() > 0.04  # of all pixels; corners cut, tips and rounds


def test_that_the_states_of_an_alarm_look_different(themed: QApplication) -> None:
    lit = draw(Badge(1, BadgeState.UNACKED))
    unlit = draw(Badge(1, BadgeState.UNACKED), lit=False)
    returned = draw(Badge(1, BadgeState.RETURNED))

    assert np.array_equal(lit, draw(Badge(1, BadgeState.ACKED)))  # steady, in the same dress
    assert (lit != unlit).any(axis=2).mean() > 0.3
    assert (unlit != returned).any(axis=2).mean() > 0.3


def test_that_only_unacknowledged_alarms_flash() -> None:
    assert [s for s in BadgeState if Badge(2, s).flashes] == [BadgeState.UNACKED]


@pytest.mark.parametrize("priority", [1, 2, 3, 4])
def test_that_the_fill_is_the_same_on_a_selected_row(themed: QApplication, priority: int) -> None:
    fill = QColor(LIGHT.priority(priority))
    bgr = [fill.blue(), fill.green(), fill.red()]

    for ground in (LIGHT.panel, LIGHT.selection):
        assert (draw(Badge(priority), ground=ground) == bgr).all(axis=2).sum() > 80


def test_that_a_count_of_zero_has_no_colour(themed: QApplication) -> None:
    picture = draw(Badge(1, BadgeState.QUIET)).astype(int)

    assert (picture.max(axis=2) - picture.min(axis=2)).max() <= 20  # the greys lean to blue
