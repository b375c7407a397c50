"""A server whose library has changed beneath it does not start, and says why in one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from typing_extensions import override

from opcua_server.security.hardening import harden_server
from opcua_server.services.limits import SERVER_DECODING
from opcua_server.wire.decoding import DecodeLimits, limits, set_limits
from opcua_server.wire.hardening import HardeningError
from tests.support.servers import ROOT

pytestmark = pytest.mark.slow

CHANGED = """
import sys
from asyncua.ua import ua_binary
from asyncua.server.uaprocessor import UaProcessor
from asyncua.common.connection import SecureConnection
{change}
from opcua_server.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("del ua_binary._reshape", "asyncua has no ua_binary._reshape any more, so nothing is served."),
        (
            "del SecureConnection._check_incoming_chunk",
            "asyncua has no SecureConnection._check_incoming_chunk any more, so nothing is served.",
        ),
    ],
)
def test_that_a_server_does_not_start_on_a_changed_library(
    tmp_path: Path, change: str, sentence: str
) -> None:
    command = [sys.executable, "-c", CHANGED.format(change=change), "--port", "0", "--state", str(tmp_path)]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode == 1
    assert ended.stderr.strip() == f"andon server: {sentence}"
    assert ended.stdout == ""


def test_that_an_override_of_nothing_is_noticed() -> None:
    class Library:
        pass

    class Ours(Library):
        @override
        def gone(self) -> None:  # type: ignore[misc, unused-ignore]
            """Once a method of the library's."""

    with pytest.raises(
        HardeningError, match=r"^Ours\.gone stands in for something that asyncua does not have"
    ):
        harden_server(SERVER_DECODING, [Ours])


def test_that_the_server_reads_by_its_own_limits() -> None:
    before = limits()
    try:
        harden_server(SERVER_DECODING, [])
        assert limits() is SERVER_DECODING
    finally:
        set_limits(before)
    assert DecodeLimits() != SERVER_DECODING
