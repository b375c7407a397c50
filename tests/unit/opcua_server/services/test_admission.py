"""Strangers make room for newcomers, remote clients never take the operator's places, and sessions that nobody uses go first."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opcua_server.services.admission import Doorkeeper, may_open_session, next_to_go
from opcua_server.services.limits import Limits
from opcua_server.services.refusal import RefusalError

LIMITS = Limits(
    max_connections=20, max_connections_per_address=8, max_strangers=10, max_strangers_per_address=4, kept_for_local=3,
    max_sessions=10, max_sessions_per_address=4,
)  # fmt: skip
HERE = "127.0.0.1"


@dataclass
class Guest:
    address: str
    began_s: float
    is_stranger: bool = True
    ended: list[RefusalError] = field(default_factory=list)

    def end(self, refusal: RefusalError) -> None:
        self.ended.append(refusal)


@dataclass
class Lodger:
    address: str
    last_activity_s: float = 0.0
    has_channel: bool = True
    active: bool = True

    def is_activated(self) -> bool:
        return self.active


def come_in(guests: list[Guest], newcomer: Guest) -> bool:
    """Let a guest in as the protocol does: whoever was ended is gone."""
    refusal = Doorkeeper(guests, LIMITS).admit(newcomer)
    guests[:] = [guest for guest in guests if not guest.ended]
    if refusal is None:
        guests.append(newcomer)
    return refusal is None


def test_that_the_longest_waiting_stranger_of_an_address_makes_room_for_its_next() -> None:
    guests = [Guest(HERE, float(age)) for age in range(4)]
    first = guests[0]

    assert come_in(guests, Guest(HERE, 9.0))
    assert first.ended
    assert len(guests) == 4


def test_that_whoever_has_logged_in_makes_room_for_nobody() -> None:
    guests = [Guest(HERE, float(age), is_stranger=False) for age in range(19)]

    for age in range(30):
        come_in(guests, Guest(HERE, 100.0 + age))

    assert sum(not guest.is_stranger for guest in guests) == 19


def test_that_an_address_with_many_connections_gets_no_more() -> None:
    guests = [Guest("10.0.0.1", float(age), is_stranger=False) for age in range(8)]

    assert not come_in(guests, Guest("10.0.0.1", 9.0))
    assert come_in(guests, Guest("10.0.0.2", 9.0))


def test_that_a_place_is_kept_for_the_operator() -> None:
    guests: list[Guest] = []
    for number in range(60):
        come_in(guests, Guest(f"10.0.0.{number % 12}", float(number), is_stranger=False))

    assert len(guests) == LIMITS.max_connections - LIMITS.kept_for_local
    assert not come_in(guests, Guest("10.0.0.99", 99.0))
    assert come_in(guests, Guest(HERE, 100.0))


@given(
    st.lists(
        st.tuples(st.sampled_from([HERE, "::1", "10.0.0.1", "10.0.0.2", "fe80::1%eth0"]), st.booleans()),
        max_size=80,
    )
)
def test_that_no_bound_is_ever_passed(comings: list[tuple[str, bool]]) -> None:
    guests: list[Guest] = []

    for age, (address, stays) in enumerate(comings):
        newcomer = Guest(address, float(age))
        came = come_in(guests, newcomer)
        newcomer.is_stranger = not (came and stays)

        strangers = [guest for guest in guests if guest.is_stranger]
        remote = [guest for guest in guests if guest.address.startswith(("10.", "fe80"))]
        assert len(guests) <= LIMITS.max_connections
        assert len(strangers) <= LIMITS.max_strangers
        assert len(remote) <= LIMITS.max_connections - LIMITS.kept_for_local
        for place in {guest.address for guest in remote}:
            assert sum(guest.address == place for guest in remote) <= LIMITS.max_connections_per_address


def test_that_sessions_are_bounded_in_total_and_per_remote_address() -> None:
    one_place = [Lodger("10.0.0.1")] * 4
    full_of_remote = [Lodger(f"10.0.0.{number}") for number in range(7)]

    assert not may_open_session("10.0.0.1", one_place, LIMITS)
    assert may_open_session("10.0.0.2", one_place, LIMITS)
    assert not may_open_session("10.0.0.9", full_of_remote, LIMITS)
    assert may_open_session(HERE, full_of_remote, LIMITS)
    assert not may_open_session(HERE, [Lodger(HERE)] * 10, LIMITS)


@pytest.mark.parametrize("address", [HERE, "10.0.0.1"])
def test_that_a_session_without_channel_goes_before_one_without_login(address: str) -> None:
    silent = Lodger("10.0.0.1", last_activity_s=1.0, active=False)
    left = Lodger("10.0.0.2", last_activity_s=5.0, has_channel=False)
    older = Lodger("10.0.0.3", last_activity_s=2.0, has_channel=False)
    sessions = [silent, left, older, Lodger("10.0.0.4", last_activity_s=0.0)]

    assert next_to_go(address, sessions, LIMITS) is older
    assert next_to_go(address, [silent], LIMITS) is silent
    assert next_to_go(address, sessions[3:], LIMITS) is None


def test_that_a_remote_address_never_drives_out_a_local_session() -> None:
    assert next_to_go("10.0.0.1", [Lodger(HERE, has_channel=False)], LIMITS) is None
