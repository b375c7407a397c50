"""Tests of Ctrl-C that gets lost on its way."""

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from plant.interrupts import Interrupts


@pytest.fixture
def handler() -> Iterator[None]:
    """Python's own handler, as at the start of a command; afterwards what was there."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("handler")
def test_that_a_lost_ctrl_c_ends_the_work_at_the_next_piece() -> None:
    interrupts = Interrupts()
    interrupts.check()

    with contextlib.suppress(KeyboardInterrupt):  # as a library does that clears errors
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        interrupts.check()


@pytest.mark.usefixtures("handler")
def test_that_who_is_to_be_deaf_stays_deaf() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    Interrupts()

    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
