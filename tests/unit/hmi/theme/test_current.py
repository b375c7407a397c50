"""Tests of the dress as Qt applies it."""

import re
from dataclasses import astuple

import pytest
from PySide6.QtGui import QFont, QFontInfo
from PySide6.QtWidgets import QApplication

import resources
from hmi.theme.current import apply_theme, palette
from hmi.theme.fonts import font
from hmi.theme.icons import icon, pixmap
from hmi.theme.qss import style_sheet
from hmi.theme.tokens import LIGHT, PALETTES, PaletteName


@pytest.mark.parametrize("name", list(PaletteName))
def test_that_each_palette_can_be_put_on(qapp: QApplication, name: PaletteName) -> None:
    try:
        apply_theme(qapp, name)

        assert palette() is PALETTES[name]
        assert PALETTES[name].panel in qapp.styleSheet()
    finally:
        apply_theme(qapp)


def test_that_an_unknown_palette_is_refused(qapp: QApplication) -> None:
    with pytest.raises(ValueError, match="pink"):
        apply_theme(qapp, "pink")


def test_that_fonts_are_shared_and_carry_tabular_figures(themed: QApplication) -> None:
    made = font(13, strong=True)

    assert made is font(13, strong=True)
    assert made.isFeatureSet(QFont.Tag("tnum"))
    assert made.isFeatureSet(QFont.Tag("zero"))
    assert QFontInfo(made).pixelSize() == 13


@pytest.mark.parametrize("path", sorted(p.stem for p in resources.path("icons").glob("*.svg")))
def test_that_every_icon_draws_something_and_is_made_once(themed: QApplication, path: str) -> None:
    picture = pixmap(path, 24).toImage()

    assert picture.width() == 48  # drawn at twice the size
    assert any(picture.pixelColor(x, y).alpha() for x in range(48) for y in range(0, 48, 3))
    assert icon(path) is icon(path)


def test_that_the_style_sheet_holds_only_colours_of_the_palette() -> None:
    known = {v for v in astuple(LIGHT) if isinstance(v, str)}

    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", style_sheet(LIGHT))) <= known
