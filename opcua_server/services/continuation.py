"""What one session left unfinished: opaque continuation points, few of them, never another session's."""

import secrets
from collections import OrderedDict
from typing import Generic, TypeVar

_T = TypeVar("_T")
_TOKEN_BYTES = 16


class ContinuationPoints(Generic[_T]):
    """The continuation points of one session, oldest first.

    OPC 10000-4, 7.9: points of earlier requests go when a new request needs their place; within one request there are at
    most `most`, and the operations beyond are answered with BadNoContinuationPoints.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, _T] = OrderedDict()
        self._fresh = 0  # how many of them the running request has made

    def begin_request(self) -> None:
        """Let the points made so far count as those of earlier requests."""
        self._fresh = 0

    def keep(self, rest: _T) -> bytes | None:
        """Keep what is left and return its name, or None where this request has used up all places."""
        if self._fresh >= self._most:
            return None
        while len(self._kept) >= self._most:
            self._kept.popitem(last=False)
        token = secrets.token_bytes(_TOKEN_BYTES)
        self._kept[token] = rest
        self._fresh += 1
        return token

    def take(self, token: bytes | None) -> _T | None:
        """Return what a name stands for and forget it; None where it stands for nothing (any more)."""
        return self._kept.pop(token or b"", None)

    def __len__(self) -> int:
        return len(self._kept)
