"""The command line: every way in, and one sentence for everything that stands in the way."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hmi import cli
from hmi.display import APT_PACKAGES, has_display, qt_problem
from tests.system.link.mini_plant import MiniPlant


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that would have replaced this process."""
    lines: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda _program, line: lines.append(line))
    return lines


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_that_the_server_gets_its_options_untouched(handed_over: list[list[str]]) -> None:
    cli.main(["server", "--port", "0", "--state", "there"])

    assert handed_over == [[sys.executable, "-m", "opcua_server", "--port", "0", "--state", "there"]]


@pytest.mark.parametrize("words", [["journal", "export"], ["export-alarms"]])
def test_that_an_offline_export_is_the_servers_business(
    handed_over: list[list[str]], words: list[str]
) -> None:
    cli.main([*words, "--from", "2026-01-01", "--to", "2026-01-02", "--format", "jsonl", "--out", "a.jsonl"])

    (line,) = handed_over
    assert line[3:] == [
        *("journal-export", "--from", "2026-01-01", "--to", "2026-01-02"),
        *("--format", "jsonl", "--out", "a.jsonl"),
    ]


@pytest.mark.parametrize(
    "command", ["", "server", "console", "journal", "export-alarms", "doctor", "journal export"]
)
def test_that_each_help_says_what_it_does(command: str) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "hmi", *command.split(), "--help"], capture_output=True, text=True, check=True
    )

    assert "usage: andon" in shown.stdout
    assert "." in shown.stdout.split("\n\n")[1]


def test_that_the_command_imports_nothing_heavy() -> None:
    code = "import sys, hmi.cli; print([m for m in ('PySide6', 'asyncua', 'numpy', 'opcua_server') if m in sys.modules])"

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"


def test_that_an_old_python_is_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.version_info", (3, 9, 2))

    status = cli.main(["doctor"])

    assert status == 1
    assert capsys.readouterr().err == "andon: Andon needs Python 3.11 or newer, this is Python 3.9.\n"


def test_that_an_old_python_can_read_the_command() -> None:
    """The refusal must not be a SyntaxError."""
    text = Path(cli.__file__).read_text(encoding="utf-8")

    compile(text, cli.__file__, "exec", flags=0x400, _feature_version=7)  # 0x400: ast.PyCF_ONLY_AST


def test_that_without_a_display_the_headless_demo_is_run(
    no_display: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    played: list[list[str]] = []

    def play(arguments: list[str]) -> int:
        played.append(arguments)
        return 7

    monkeypatch.setattr("importlib.import_module", lambda _name: SimpleNamespace(main=play))

    status = cli.main(["--recordings", "tapes"])

    assert (status, played) == (7, [["--recordings", "tapes"]])
    assert capsys.readouterr().out.startswith("There is no display:")


def test_that_the_console_without_a_display_says_so(
    no_display: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["console"]) == 1
    assert capsys.readouterr().err.startswith("andon: There is no display to open the console on")


def test_that_both_are_started_with_their_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    seen: list[Any] = []

    def launch(options: Any) -> int:
        seen.append(options)
        return 0

    monkeypatch.setattr("hmi.launcher.launch", launch)

    status = cli.main(
        ["--state", "s", "--recordings", "r", "--port", "5000", "--read-only", "--page", "alarms"]
    )

    (options,) = seen
    assert status == 0
    assert (options.state, options.recordings, options.port) == ("s", "r", 5000)
    assert (options.read_only, options.page) == (True, "alarms")


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "darwin", True),
    ],
)
def test_that_a_display_is_found(environment: dict[str, str], platform: str, expected: bool) -> None:
    assert has_display(environment, platform) is expected


def test_that_a_missing_library_names_the_packages() -> None:
    def load(_name: str) -> object:
        raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")

    problem = qt_problem(load=load)

    assert problem.startswith("Qt needs the library libEGL.so.1, which is missing here")
    assert APT_PACKAGES in problem


def test_that_a_library_missing_for_x11_is_found_before_qt_aborts(no_display: None) -> None:
    def open_library(_path: str) -> object:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file: No such file or directory")

    assert "libxcb-cursor.so.0" in qt_problem(open_library=open_library)


def test_that_the_packages_are_those_of_the_set_up() -> None:
    script = Path("resources/packaging/setup.sh").read_text(encoding="utf-8")

    assert set(APT_PACKAGES.split()) <= set(script.split('qt="')[1].split('"')[0].split())


def test_that_an_export_over_the_wire_is_the_servers_own_text(tmp_path: Path) -> None:
    out = tmp_path / "journal.csv"
    words = ["journal", "export", "--from", "2026-01-01", "--to", "2026-01-02", "--out", str(out)]

    with MiniPlant().running() as server:
        status = cli.main([*words, "--url", server.url])

    assert status == 0
    assert out.read_bytes() == "seq,text\n1,ä\n2,ä\n3,ä\n4,ä\n5,ä\n".encode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--from", "2026-01-02", "--to", "2026-01-01"], "No server answers at this address."),
        (["--from", "2026-01-02", "--to", "2026-01-03"], "No server answers at this address."),
    ],
)
def test_that_a_failed_export_is_one_sentence(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = cli.main(["journal", "export", *words, "--url", "opc.tcp://127.0.0.1:9"])

    assert (status, capsys.readouterr().err) == (1, f"andon: {expected}\n")
