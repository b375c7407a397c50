"""Heed Ctrl-C even where it gets lost: a library that clears errors on its way takes a KeyboardInterrupt with them."""

import signal
from types import FrameType


class Interrupts:
    """Remembers a Ctrl-C, so that work done in pieces ends at the next piece if it did not end at once."""

    def __init__(self) -> None:
        """Listen from now on, unless whoever started this process wants it to be deaf."""
        self._asked = False
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._ask)

    def check(self) -> None:
        """Raise the KeyboardInterrupt that is still to be heeded."""
        if self._asked:
            raise KeyboardInterrupt

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True
        raise KeyboardInterrupt
