"""`andon user` and `andon audit` as a person runs them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from opcua_server.security.users import UserStore
from tests.support.servers import ROOT

PASSWORD = "correct horse"


def andon(state: Path, *words: str, said: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "hmi", *words],
        cwd=ROOT,
        env={**os.environ, "ANDON_STATE": str(state)},
        input=said,
        capture_output=True,
        text=True,
        timeout=60.0,
        check=False,
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_that_users_are_added_changed_and_listed_and_all_of_it_is_audited(state: Path) -> None:
    assert andon(state, "user", "add", "maria", "--role", "operator", said=f"{PASSWORD}\n").returncode == 0
    assert andon(state, "user", "role", "maria", "Engineer", "Observer").returncode == 0
    assert andon(state, "user", "disable", "maria").returncode == 0
    assert andon(state, "user", "list").stdout == "maria\tdisabled\tObserver Engineer\n"

    exported = andon(state, "audit", "export")
    assert exported.returncode == 0
    lines = exported.stdout.splitlines()
    assert len(lines) == 1 + 6
    assert PASSWORD not in exported.stdout
    assert ",user,done,local:" in lines[4]
    assert ",Operator,Engineer Observer,Good,role," in lines[4]
    verified = andon(state, "audit", "verify")
    assert verified.stdout.startswith("The audit log is whole: 6 rows.\nhead 6:")
    head = verified.stdout.split()[-1]
    assert andon(state, "audit", "verify", "--head", head).returncode == 0
    assert andon(state, "audit", "verify", "--head", "6:" + "0" * 64).returncode == 1


@pytest.mark.parametrize(
    ("words", "said", "sentence"),
    [
        (["user", "add", "maria", "--role", "operator"], "short\n", "The password is too short"),
        (["user", "add", "maria", "--role", "operator"], "", "The password is too short"),
        (["user", "add", "a b", "--role", "operator"], PASSWORD, "is no user name"),
        (["user", "add", "maria", "--role", "king"], PASSWORD, "there is no role 'king'"),
        (["user", "add", "maria"], PASSWORD, "the following arguments are required: --role"),
        (["user", "passwd", "nobody"], PASSWORD, "There is no user nobody"),
        (["user", "enable", "nobody"], "", "There is no user nobody"),
        (["audit", "verify"], "", "There is no audit log at"),
        (["audit", "export"], "", "There is no audit log at"),
    ],
)
def test_that_what_cannot_be_done_is_told_in_a_sentence(
    state: Path, words: list[str], said: str, sentence: str
) -> None:
    done = andon(state, *words, said=said)

    assert done.returncode != 0
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert UserStore(state / "users.db").all() == ()


def test_that_a_change_of_trust_or_certificate_is_audited(state: Path) -> None:
    assert andon(state, "trust", "add", "0123").returncode == 1
    assert andon(state, "certificate", "renew").returncode == 0

    exported = andon(state, "audit", "export", "--format", "jsonl").stdout
    rows = [json.loads(line) for line in exported.splitlines()]
    assert [(row["deed"], row["stage"], row["target"]) for row in rows] == [
        ("trust", "requested", "0123"),
        ("trust", "refused", "0123"),
        ("certificate", "requested", "the server's own"),
        ("certificate", "done", "the server's own"),
    ]


def test_that_a_tampered_log_is_refused_with_its_row(state: Path) -> None:
    andon(state, "user", "add", "maria", "--role", "operator", said=f"{PASSWORD}\n")
    file = state / "audit.db"
    content = file.read_bytes()
    where = content.rindex(b"Operator")
    file.write_bytes(content[:where] + b"o" + content[where + 1 :])

    done = andon(state, "audit", "verify")

    assert done.returncode == 1
    assert "is not whole: at row" in done.stderr
