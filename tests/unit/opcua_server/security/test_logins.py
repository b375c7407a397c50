"""Logging in: right, wrong, too often, too many at once."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from asyncua import ua

from opcua_server.security import passwords
from opcua_server.security.backoff import BURST, FREE_FAILURES, Backoff, address_key
from opcua_server.security.hash_queue import AT_ONCE, LONGEST_QUEUE
from opcua_server.security.identity import Identity, LoginRefusedError, Role
from opcua_server.security.logins import Logins
from opcua_server.security.passwords import PasswordHash
from opcua_server.security.users import UserStore

S = ua.StatusCodes
RIGHT = "correct horse"
THERE = "10.0.0.5"
CHEAP = PasswordHash(salt=b"s" * 16, digest=b"", n=2**4)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Checks:
    """Counts the hashes that are computed, and can hold them up."""

    def __init__(self) -> None:
        self.count = 0
        self.at_once = 0
        self.most_at_once = 0
        self.go = threading.Event()
        self.go.set()
        self._lock = threading.Lock()

    def __call__(self, password: bytes, kept: PasswordHash) -> bool:
        with self._lock:
            self.count += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.go.wait(20.0)
        with self._lock:
            self.at_once -= 1
        return kept.n == CHEAP.n and passwords.matches(password, kept)


class Site:
    """Logins on a users file, with a clock and a counter."""

    def __init__(self, path: Path) -> None:
        self.clock = Clock()
        self.checks = Checks()
        self.users = UserStore(path)
        self.users.add("maria", RIGHT, [Role.OPERATOR])
        self.logins = Logins(self.users, backoff=Backoff(self.clock), check=self.checks)

    async def log_in(self, name: str = "maria", password: str = RIGHT, address: str = THERE) -> Identity:
        return await self.logins.authenticate(name, password.encode(), address)

    async def refused(self, name: str = "maria", password: str = "wrong", address: str = THERE) -> int:
        with pytest.raises(LoginRefusedError) as caught:
            await self.log_in(name, password, address)
        return caught.value.status


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    def cheap(password: bytes) -> PasswordHash:
        return PasswordHash(salt=CHEAP.salt, digest=passwords.evaluate(password, CHEAP), n=CHEAP.n)

    monkeypatch.setattr("opcua_server.security.users.hash_password", cheap)
    made = Site(tmp_path / "users.db")
    yield made
    made.checks.go.set()
    made.logins.close()


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10.0):
        while not check():  # noqa: ASYNC110  # other threads are waited for
            await asyncio.sleep(0.005)


async def test_that_the_right_password_gives_the_users_roles(site: Site) -> None:
    found = await site.log_in()

    roles = frozenset({Role.OPERATOR, Role.AUTHENTICATED_USER})
    assert found == Identity("maria", roles, is_anonymous=False, is_managed=True)


async def test_that_wrong_unknown_and_disabled_are_answered_alike_and_cost_the_same(site: Site) -> None:
    site.users.add("jonas", RIGHT, [Role.OPERATOR])
    site.users.set_enabled("jonas", False)
    said = []
    for name, password in (
        ("maria", "wrong"),
        ("nobody", "wrong"),
        ("jonas", RIGHT),
        ("x" * 999, RIGHT),
        ("\ud800", RIGHT),
    ):
        before = site.checks.count
        with pytest.raises(LoginRefusedError) as caught:
            await site.log_in(name, password)
        said.append((caught.value.status, str(caught.value), site.checks.count - before))

    assert set(said) == {(S.BadUserAccessDenied, "The user name or the password is wrong.", 1)}


@pytest.mark.slow
async def test_that_unknown_users_take_as_long_as_wrong_passwords(tmp_path: Path) -> None:
    """The real hash at its real cost: the one who is not there is looked for no faster."""
    users = UserStore(tmp_path / "users.db")
    users.add("maria", RIGHT, [Role.OPERATOR])
    logins = Logins(users)
    loop = asyncio.get_running_loop()
    taken: dict[str, list[float]] = {"maria": [], "nobody": []}
    for _ in range(3):
        for name, times in taken.items():
            began = loop.time()
            with pytest.raises(LoginRefusedError):
                await logins.authenticate(name, b"wrong", THERE)
            times.append(loop.time() - began)
    logins.close()

    known, unknown = (sorted(times)[1] for times in taken.values())
    assert 0.4 < known / unknown < 2.5


@pytest.mark.parametrize("password", [b"\xff\xfe", b"", b"\xed\xa0\x80"])
async def test_that_bytes_that_are_no_text_are_a_wrong_password(site: Site, password: bytes) -> None:
    with pytest.raises(LoginRefusedError) as caught:
        await site.logins.authenticate("maria", password, THERE)
    assert caught.value.status == S.BadUserAccessDenied


async def test_that_a_change_made_elsewhere_counts_at_once(site: Site) -> None:
    other = UserStore(site.users.path)
    other.set_roles("maria", [Role.ENGINEER])
    assert Role.ENGINEER in (await site.log_in()).roles

    other.set_enabled("maria", False)
    assert await site.refused(password=RIGHT) == S.BadUserAccessDenied
    assert await site.logins.current("maria") is None

    other.set_enabled("maria", True)
    found = await site.logins.current("maria")
    assert found is not None
    assert Role.ENGINEER in found.roles


async def test_that_after_five_failures_each_wait_is_twice_the_last(site: Site) -> None:
    for _ in range(FREE_FAILURES):
        assert await site.refused() == S.BadUserAccessDenied
    waits = []
    for _ in range(9):
        began = site.clock.now
        while await site.refused() == S.BadServerTooBusy:
            site.clock.now += 0.25
        waits.append(site.clock.now - began)
        site.logins._backoff.excuse(THERE)  # the rate of the address is looked at elsewhere

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_that_while_waiting_not_even_the_right_password_is_looked_at(site: Site) -> None:
    for _ in range(FREE_FAILURES):
        await site.refused()
    looked_at = site.checks.count

    assert await site.refused(password=RIGHT) == S.BadServerTooBusy
    assert site.checks.count == looked_at
    site.clock.now += 1.0
    await site.log_in()


async def test_that_a_success_wipes_the_slate(site: Site) -> None:
    for _ in range(FREE_FAILURES - 1):
        await site.refused()
    await site.log_in()
    for _ in range(FREE_FAILURES - 1):
        await site.refused()

    await site.log_in()


async def test_that_the_console_on_this_machine_is_not_locked_by_failures_elsewhere(site: Site) -> None:
    for _ in range(50):
        await site.refused()

    assert (await site.log_in(address="127.0.0.1")).name == "maria"
    assert (await site.log_in(address="::1")).name == "maria"


@pytest.mark.slow
@pytest.mark.parametrize("users", [1, 7, 10_000])
async def test_that_of_ten_thousand_guesses_in_a_minute_twenty_are_looked_at(site: Site, users: int) -> None:
    for guess in range(10_000):
        site.clock.now += 0.006
        await site.refused(f"user{guess % users}", address=f"2001:db8::{guess:x}")

    assert 5 < site.checks.count <= 20


async def test_that_guesses_all_at_once_gain_nothing(site: Site) -> None:
    statuses = await asyncio.gather(*(site.refused() for _ in range(200)))

    assert statuses.count(S.BadUserAccessDenied) == site.checks.count == FREE_FAILURES


async def test_that_many_users_of_one_address_log_in_one_after_the_other(site: Site) -> None:
    for number in range(40):
        site.users.add(f"user{number}", RIGHT, [Role.OBSERVER])
        await site.log_in(f"user{number}")


async def test_that_two_hashes_are_computed_at_once_and_the_queue_ends(site: Site) -> None:
    site.checks.go.clear()
    many = [
        asyncio.create_task(site.refused(f"user{number}", address=f"10.0.0.{number}"))
        for number in range(AT_ONCE + LONGEST_QUEUE + 5)
    ]
    await until(lambda: site.checks.at_once == AT_ONCE and sum(task.done() for task in many) == 5)
    here = asyncio.create_task(site.log_in(address="127.0.0.1"))
    await asyncio.sleep(0)
    site.checks.go.set()

    assert (await here).name == "maria"
    assert not all(task.done() for task in many)  # who is on this machine went first
    statuses = [await task for task in many]
    assert statuses.count(S.BadServerTooBusy) == 5
    assert site.checks.most_at_once == AT_ONCE


async def test_that_a_client_that_goes_away_leaves_its_place(site: Site) -> None:
    site.checks.go.clear()
    gone = [
        asyncio.create_task(site.refused(f"user{number}", address=f"10.0.0.{number}")) for number in range(6)
    ]
    await until(lambda: site.checks.at_once == AT_ONCE)
    for task in gone:
        task.cancel()
    await asyncio.gather(*gone, return_exceptions=True)
    site.checks.go.set()

    assert (await site.log_in()).name == "maria"
    assert site.checks.count == AT_ONCE + 1


async def test_that_users_that_cannot_be_read_let_nobody_in(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    for file in site.users.path.parent.iterdir():
        file.unlink()
    site.users.path.write_bytes(b"rubbish" * 1000)

    assert await site.refused(password=RIGHT) == S.BadResourceUnavailable
    assert "nobody can log in" in caplog.text


async def test_that_a_server_without_users_refuses_every_name(tmp_path: Path) -> None:
    logins = Logins(UserStore(tmp_path / "users.db"))
    try:
        with pytest.raises(LoginRefusedError) as caught:
            await logins.authenticate("admin", b"", "127.0.0.1")
        assert caught.value.status == S.BadUserAccessDenied
    finally:
        logins.close()


def test_that_failures_are_forgotten_in_time_and_never_fill_the_memory() -> None:
    clock = Clock()
    backoff = Backoff(clock)
    for _ in range(FREE_FAILURES + 3):
        backoff.admit("maria", THERE)
        clock.now += 20.0
    clock.now += 901.0
    assert backoff.admit("maria", THERE) == 0.0
    assert backoff.admit("maria", THERE) == 0.0

    for number in range(20_000):
        backoff.admit(f"user{number}", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(backoff._pairs) <= 10_000
    assert len(backoff._buckets) <= 10_000


def test_that_an_address_counts_as_one_however_it_is_written() -> None:
    assert address_key("127.0.0.1") == address_key("127.9.9.9") == address_key("::1") == "loopback"
    assert address_key("::ffff:10.0.0.5") == address_key("10.0.0.5")
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:0:1") != address_key("2001:db8:0:1::1")
    assert address_key("fe80::1%eth0") == address_key("fe80::2%eth0")
    assert BURST >= FREE_FAILURES
