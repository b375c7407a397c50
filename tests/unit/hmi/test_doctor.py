"""The doctor: what is wrong, and what to do."""

import socket
from pathlib import Path

import pytest

from hmi import doctor


def test_that_a_healthy_part_is_ok_and_a_taken_port_only_a_note() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = int(listener.getsockname()[1])

        taken = doctor.port_finding(port)
    free = doctor.port_finding(port)

    assert (taken.verdict, free.verdict) == (doctor.NOTE, doctor.OK)
    assert "--port N" in taken.text


def test_that_a_state_directory_that_cannot_be_made_is_wrong(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("", encoding="ascii")

    assert doctor.state_finding(in_the_way / "state").verdict == doctor.WRONG
    assert doctor.state_finding(tmp_path / "new" / "state").verdict == doctor.OK


@pytest.mark.parametrize(
    ("found", "verdict"), [("6.11.3", doctor.OK), ("6.12.0", doctor.WRONG), ("6.10.3", doctor.WRONG)]
)
def test_that_a_version_that_aborts_is_wrong(
    found: str, verdict: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "version", lambda _name: found)

    assert doctor.package("PySide6-Essentials").verdict == verdict


def test_that_the_exit_status_says_whether_anything_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    findings = [doctor.Finding("port", doctor.NOTE, "taken"), doctor.Finding("Qt", doctor.OK, "there")]
    monkeypatch.setattr(doctor, "examine", lambda _state, _port: findings)
    fine = doctor.main([])
    findings.append(doctor.Finding("state directory", doctor.WRONG, "cannot be written"))
    bad = doctor.main([])

    assert (fine, bad) == (0, 1)
    assert "WRONG state directory: cannot be written" in capsys.readouterr().out


def test_that_everything_named_is_looked_at(tmp_path: Path) -> None:
    subjects = {finding.subject for finding in doctor.examine(tmp_path, 0)}

    assert subjects >= {"Python", "Qt", "display", "port", "state directory", "detectors", "asyncua"}
