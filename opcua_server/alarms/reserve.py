"""Keep disk space in reserve for the day the disk is full."""

import os
from pathlib import Path

from opcua_server.alarms.journal_faults import free_bytes


class Reserve:
    """A file that only takes up room, deleted when the journal needs it.

    On a full disk SQLite can neither delete nor checkpoint, so room must come from outside of it.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size

    def ensure(self) -> bool:
        """Make the file where the disk has room for it twice over; return whether it is there."""
        if self._is_whole():
            return True
        if free_bytes(self.path.parent) < 2 * self.size:
            return False
        try:
            self._allocate()
        except OSError:
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the space back; return whether there was any."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def _is_whole(self) -> bool:
        try:
            return self.path.stat().st_size >= self.size
        except OSError:
            return False

    def _allocate(self) -> None:
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(handle, 0, max(self.size, 1))
        finally:
            os.close(handle)
