"""The users on disk."""

import sqlite3
from pathlib import Path

import pytest

from opcua_server.security import passwords
from opcua_server.security.identity import Role
from opcua_server.security.passwords import PasswordHash, hash_password, matches, unmatched
from opcua_server.security.users import UserError, UserStore

CHEAP = PasswordHash(salt=b"s" * 16, digest=b"", n=2**4)


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash at a low cost: what the hashes cost is looked at in one test of its own."""

    def cheap(password: bytes) -> PasswordHash:
        return PasswordHash(salt=CHEAP.salt, digest=passwords.evaluate(password, CHEAP), n=CHEAP.n)

    monkeypatch.setattr("opcua_server.security.users.hash_password", cheap)


@pytest.fixture
def store(tmp_path: Path) -> UserStore:
    return UserStore(tmp_path / "users.db")


def test_that_a_user_is_kept_with_its_roles(store: UserStore) -> None:
    store.add("maria", "correct horse", [Role.OPERATOR, Role.OBSERVER])

    found = UserStore(store.path).find("maria")

    assert found is not None
    assert found.roles == {Role.OPERATOR, Role.OBSERVER}
    assert found.enabled
    assert matches(b"correct horse", found.password)
    assert not matches(b"correct horsf", found.password)


def test_that_the_password_itself_is_nowhere_on_the_disk(store: UserStore) -> None:
    store.add("maria", "correct horse", [Role.OPERATOR])

    assert all(b"correct horse" not in file.read_bytes() for file in store.path.parent.iterdir())


def test_that_nobody_else_can_read_the_file(store: UserStore) -> None:
    store.add("maria", "correct horse", [Role.OPERATOR])
    with store._open() as connection:
        connection.execute("BEGIN IMMEDIATE")
        modes = {file.name: file.stat().st_mode & 0o777 for file in store.path.parent.iterdir()}

    assert modes == dict.fromkeys(("users.db", "users.db-wal", "users.db-shm"), 0o600)


def test_that_what_is_changed_is_changed_and_nothing_else(store: UserStore) -> None:
    store.add("maria", "correct horse", [Role.OPERATOR])
    store.add("jonas", "correct house", [Role.OBSERVER])
    before = store.find("jonas")

    store.set_password("maria", "battery staple")
    store.set_roles("maria", [Role.ENGINEER])
    store.set_enabled("maria", False)

    maria = store.find("maria")
    assert maria is not None
    assert matches(b"battery staple", maria.password)
    assert maria.roles == {Role.ENGINEER}
    assert not maria.enabled
    assert store.find("jonas") == before
    assert [user.name for user in store.all()] == ["jonas", "maria"]


def test_that_a_name_is_the_same_however_its_accents_are_written(store: UserStore) -> None:
    store.add("Rene\u0301", "correct horse", [Role.OPERATOR])

    assert store.find("Ren\u00e9") is not None
    with pytest.raises(UserError, match="already a user"):
        store.add("Ren\u00e9", "correct horse", [Role.OPERATOR])


@pytest.mark.parametrize(
    "name",
    ["", " ", "a b", "-x", "=1+1", "a\nb", "a\0", "x" * 65, "anonymous", "Server", "local:maria", "\ud800"],
)
def test_that_what_is_no_name_is_refused(store: UserStore, name: str) -> None:
    with pytest.raises(UserError):
        store.add(name, "correct horse", [Role.OPERATOR])
    assert store.all() == ()


@pytest.mark.parametrize("password", ["", "short", "maria-maria", "\ud800" * 9, "x" * 1025])
def test_that_a_bad_password_is_refused(store: UserStore, password: str) -> None:
    with pytest.raises(UserError, match="password"):
        store.add("maria-maria", password, [Role.OPERATOR])


@pytest.mark.parametrize("roles", [[], [Role.ANONYMOUS], [Role.OPERATOR, Role.TRUSTED_APPLICATION]])
def test_that_a_role_of_the_servers_own_cannot_be_given(store: UserStore, roles: list[Role]) -> None:
    with pytest.raises(UserError, match="role"):
        store.add("maria", "correct horse", roles)


def test_that_an_unknown_user_is_named(store: UserStore) -> None:
    store.add("maria", "correct horse", [Role.OPERATOR])

    with pytest.raises(UserError, match="There is no user nobody"):
        store.set_enabled("nobody", False)
    with pytest.raises(UserError, match="There is no user nobody"):
        store.set_roles("nobody", [Role.OPERATOR])
    with pytest.raises(UserError, match="There is no user nobody"):
        store.set_password("nobody", "correct horse")


def test_that_there_are_no_users_before_the_first(store: UserStore) -> None:
    assert store.all() == ()
    assert store.find("admin") is None
    assert not store.path.exists()


def test_that_a_damaged_file_is_told_in_a_sentence(store: UserStore) -> None:
    store.path.write_bytes(b"this is no database, however long one looks at it" * 100)

    with pytest.raises(UserError, match=r"The users in .*users\.db cannot be used: "):
        store.find("maria")


def test_that_the_file_of_a_later_version_is_left_alone(store: UserStore) -> None:
    connection = sqlite3.connect(store.path)
    connection.execute("PRAGMA user_version = 2")
    connection.close()

    with pytest.raises(UserError, match="later version"):
        store.find("maria")


@pytest.mark.slow
def test_that_two_hashes_of_one_password_differ_and_cost_what_they_should() -> None:
    one, other = hash_password(b"correct horse"), hash_password(b"correct horse")

    assert one.digest != other.digest
    assert (one.n, one.r, one.p) == (2**17, 8, 1)
    assert len(one.salt) == 16
    assert matches(b"correct horse", one)
    assert not matches(b"x" * 2000, one)
    nobody = unmatched()
    assert (nobody.n, nobody.r, nobody.p) == (one.n, one.r, one.p)
    assert not matches(b"", nobody)
