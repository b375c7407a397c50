"""How often somebody may guess: a growing wait per user and address, and a rate per address."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final

from opcua_server.security.guests import is_loopback

FREE_FAILURES: Final = 5
LONGEST_WAIT_S: Final = 60.0
BURST: Final = 10.0  # failed logins of one address before its rate counts
REFILL_PER_S: Final = 1.0 / 6.0  # with the burst at most 20 a minute
_FORGET_S: Final = 900.0
_MOST_KEPT: Final = 10_000  # of each kind; the oldest are forgotten first

_Key = tuple[str, str]


@dataclass(slots=True)
class _Failures:
    count: int = 0
    blocked_until_s: float = 0.0
    last_s: float = 0.0


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class Backoff:
    """Counts logins as failed from the moment they are let in, so that many at once gain nothing; a success takes it back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._pairs: OrderedDict[_Key, _Failures] = OrderedDict()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def admit(self, user: str, address: str) -> float:
        """Let a login in and return 0, or return how many seconds it has to wait."""
        now, where = self._now(), address_key(address)
        pair = self._pairs.get((user, where))
        if pair is not None and now - pair.last_s > _FORGET_S:
            pair = None
        if pair is not None and pair.blocked_until_s > now:
            return pair.blocked_until_s - now
        bucket = self._bucket(where, now)
        if bucket.tokens < 1.0:
            return (1.0 - bucket.tokens) / REFILL_PER_S
        bucket.tokens -= 1.0
        self._fail((user, where), pair or _Failures(), now)
        return 0.0

    def succeeded(self, user: str, address: str) -> None:
        """Forget the failures of a pair, and what the login cost its address."""
        where = address_key(address)
        self._pairs.pop((user, where), None)
        self.excuse(address)

    def excuse(self, address: str) -> None:
        """Give a login back to its address: it was never looked at."""
        bucket = self._buckets.get(address_key(address))
        if bucket is not None:
            bucket.tokens = min(BURST, bucket.tokens + 1.0)

    def _fail(self, key: _Key, pair: _Failures, now: float) -> None:
        pair.count += 1
        pair.last_s = now
        if pair.count >= FREE_FAILURES:
            doublings = min(pair.count - FREE_FAILURES, 16)
            pair.blocked_until_s = now + min(LONGEST_WAIT_S, 2.0**doublings)
        self._pairs[key] = pair
        self._pairs.move_to_end(key)
        if len(self._pairs) > _MOST_KEPT:
            self._pairs.popitem(last=False)

    def _bucket(self, where: str, now: float) -> _Bucket:
        bucket = self._buckets.get(where)
        if bucket is None:
            bucket = self._buckets[where] = _Bucket(tokens=BURST, at_s=now)
        bucket.tokens = min(BURST, bucket.tokens + (now - bucket.at_s) * REFILL_PER_S)
        bucket.at_s = now
        self._buckets.move_to_end(where)
        if len(self._buckets) > _MOST_KEPT:
            self._buckets.popitem(last=False)
        return bucket


def address_key(address: str) -> str:
    """Return what counts as one address: all of this machine's own together, and an IPv6 network of 64 bits."""
    if is_loopback(address):
        return "loopback"
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)
