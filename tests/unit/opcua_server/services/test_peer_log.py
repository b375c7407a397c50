"""What a stranger does wrong is said once, not once a try."""

import logging

import pytest

from opcua_server.services.peer_log import LINES_A_SECOND, SILENCE_S, PeerLog


class Hand:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_that_a_cause_is_told_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    clock = Hand()
    log = PeerLog(clock)

    for _ in range(500):
        log.complain("10.0.0.1", "noise")
    clock.now += SILENCE_S
    log.complain("10.0.0.1", "noise")

    assert caplog.messages == ["10.0.0.1: noise", "10.0.0.1: noise (499 more like this)"]


def test_that_many_addresses_together_stay_below_ten_lines_a_second(caplog: pytest.LogCaptureFixture) -> None:
    clock = Hand()
    log = PeerLog(clock)

    for number in range(5000):
        clock.now += 0.001
        log.complain(f"10.{number >> 8}.0.{number & 255}", "noise")

    assert len(caplog.messages) <= LINES_A_SECOND * 5 + LINES_A_SECOND


def test_that_a_cause_of_its_own_is_told_at_its_own_level(caplog: pytest.LogCaptureFixture) -> None:
    log = PeerLog(Hand())

    log.complain("10.0.0.1", "noise", logging.ERROR)
    log.complain("10.0.0.1", "silence")

    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
