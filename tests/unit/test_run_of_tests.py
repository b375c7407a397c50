"""`python -m tests`: two runs, one answer."""

from pathlib import Path

import pytest

from tests import __main__ as running
from tests.alone import ALONE, runs_alone

PASSES = "def test_that_it_passes():\n    pass\n"
FAILS = "def test_that_it_fails():\n    assert 1 == 2\n"
BREAKS = "import nothing_of_this_name\n"


def test_that_every_test_that_runs_alone_is_there() -> None:
    assert [path for path in ALONE if not (running.ROOT / path).exists()] == []
    assert runs_alone("tests/attacks/test_rights.py::test_that_rights_are_kept")
    assert not runs_alone("tests/unit/test_run_of_tests.py::test_that_every_test_that_runs_alone_is_there")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (PASSES, 0, "1 tests: all is well"),
        (PASSES + FAILS, 1, "test_that_it_fails"),
        (BREAKS, 1, "NOT all is well"),
        ("", 1, "0 tests: NOT all is well"),
    ],
    ids=["passes", "one of two fails", "cannot be imported", "nothing"],
)
def test_that_one_failure_fails_the_whole(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str,
    status: int,
    said: str,
) -> None:
    file = tmp_path / "test_made.py"
    file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(running, "RUNS", {"first": ("-k", "passes"), "second": ("-k", "not passes")})

    assert running.main(["-p", "no:cacheprovider", f"--rootdir={tmp_path}", str(file)]) == status
    assert said in capsys.readouterr().out
