"""Tests of the palettes: roles, contrast, hue."""

import colorsys

import pytest

from hmi.theme.tokens import PALETTES, Palette, contrast

ALL = list(PALETTES.values())
IDS = [str(p.name) for p in ALL]


def _saturation(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return colorsys.rgb_to_hsv(red, green, blue)[1]


@pytest.mark.parametrize("p", ALL, ids=IDS)
@pytest.mark.parametrize("ink", ["text", "dim"])
@pytest.mark.parametrize(
    "ground", ["background", "panel", "field", "row_alt", "selection", "raised", "unacked_row", "track"]
)
def test_that_text_stands_out_from_every_ground(p: Palette, ink: str, ground: str) -> None:
    assert contrast(getattr(p, ink), getattr(p, ground)) >= 4.5  # WCAG 2.2, 1.4.3 (AA)


@pytest.mark.parametrize("p", ALL, ids=IDS)
def test_that_texts_of_the_header_stop_and_rul_stand_out(p: Palette) -> None:
    pairs = [
        (p.header_text, p.header),
        (p.header_dim, p.header),
        (p.stop_text, p.stop),
        (p.stop_quiet_text, p.stop_quiet),
        (p.rul, p.panel),
    ]

    assert min(contrast(a, b) for a, b in pairs) >= 4.5


@pytest.mark.parametrize("p", ALL, ids=IDS)
def test_that_every_badge_digit_stands_out_from_its_fill(p: Palette) -> None:
    assert (
        min(contrast(p.digit(i), p.priority(i)) for i in (1, 2, 3, 4)) >= 3.0
    )  # bold, and the shape says it too


@pytest.mark.parametrize("p", ALL, ids=IDS)
def test_that_badge_outlines_stand_out_from_the_panel_or_the_fill(p: Palette) -> None:
    for i in (1, 2, 3, 4):
        assert max(contrast(p.outline, p.panel), contrast(p.priority(i), p.panel)) >= 3.0


@pytest.mark.parametrize("p", ALL, ids=IDS)
def test_that_trend_pens_are_muted_and_eight(p: Palette) -> None:
    assert len(set(p.pens)) == 8
    assert max(map(_saturation, p.pens)) <= 0.355  # two-figure hex rounds 0.35 up


@pytest.mark.parametrize("p", ALL, ids=IDS)
def test_that_grounds_are_grey(p: Palette) -> None:
    grounds: tuple[str, ...] = (
        p.background,
        p.panel,
        p.field,
        p.row_alt,
        p.selection,
        p.band,
        p.track,
        p.raised,
        p.header,
    )
    grounds += (p.lamp_on, p.lamp_off, p.hatch)  # running and stopped are told by brightness

    assert max(map(_saturation, grounds)) <= 0.35


def test_that_contrast_follows_its_definition() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # WCAG's well-known near miss
