"""The Like operator."""

import time

import pytest

from opcua_server.services.like import is_like


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", "%"),
        ("pump", "pump"),
        ("pump 7", "pump%"),
        ("main pump", "%pump"),
        ("the main pump 7", "%main%7"),
        ("abcabc", "%abc"),
        ("a1", "a_"),
        ("b", "[a-c]"),
        ("-", "[a-]"),
        ("z", "[^a-c]"),
        ("100%", "100\\%"),
        ("a[b", "a\\[b"),
        ("[open", "[open"),
        ("x\ny", "x%y"),
    ],
)
def test_that_a_pattern_matches_the_whole_text(text: str, pattern: str) -> None:
    assert is_like(text, pattern)


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("pump", ""),
        ("", "_"),
        ("pump 7", "pump"),
        ("pump", "Pump"),
        ("a", "a_"),
        ("d", "[a-c]"),
        ("b", "[^a-c]"),
        ("100x", "100\\%"),
        ("abcab", "%abc"),
    ],
)
def test_that_a_pattern_that_fits_in_part_does_not_match(text: str, pattern: str) -> None:
    assert not is_like(text, pattern)


def test_that_no_pattern_takes_long() -> None:
    began = time.perf_counter()

    assert not is_like("a" * 2000, "%a" * 50 + "%b")

    assert time.perf_counter() - began < 1.0  # a backtracking expression needs longer than the sun has
