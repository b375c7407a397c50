"""What has become of one subscription so far, in numbers (OPC 10000-5, 12.15)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from opcua_server.dataplane.messages import DATA_CHANGE, EVENTS

# Of an entry of NotificationData: its type, and how many notifications its body begins to tell.
_ENTRY: Final = struct.Struct("<2xHx4xi")


@dataclass(slots=True)
class Ledger:
    """Counts since the subscription was made."""

    modified: int = 0
    enabled: int = 0
    disabled: int = 0
    republish_requests: int = 0
    republished: int = 0
    transfer_requests: int = 0
    transferred_to_others: int = 0  # to a session of another application
    transferred_to_same: int = 0
    publish_requests: int = 0  # that were answered with it
    late: int = 0  # cycles that found no request
    data_changes: int = 0
    events: int = 0

    def sent(self, entries: Sequence[bytes]) -> None:
        """Count the notifications of a message."""
        for entry in entries:
            if len(entry) < _ENTRY.size:
                continue
            kind, count = _ENTRY.unpack_from(entry)
            if kind == DATA_CHANGE:
                self.data_changes += count
            elif kind == EVENTS:
                self.events += count
