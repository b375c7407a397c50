"""Nobody is served by a library that is not the one that was hardened."""

import subprocess
import sys

import pytest

from opcua_server.wire import hardening
from opcua_server.wire.hardening import NAMES, HardeningError, harden

pytestmark = pytest.mark.slow

TAMPERED = """
from asyncua.ua import ua_binary
{change}
from opcua_server.wire.hardening import HardeningError, harden
try:
    harden()
except HardeningError as problem:
    print(problem)
"""


def complaint_about(change: str) -> str:
    """Return what a fresh process says of a library that was changed."""
    command = [sys.executable, "-c", TAMPERED.format(change=change)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "del ua_binary._create_list_deserializer",
            "asyncua has no ua_binary._create_list_deserializer any more",
        ),
        ("del ua_binary._Bytes.unpack", "asyncua has no ua_binary._Bytes.unpack any more"),
        (
            "ua_binary._reshape = lambda flat, shape, order: flat",
            "asyncua's ua_binary._reshape takes other arguments now",
        ),
        (
            "ua_binary._create_uatype_deserializer = ua_binary._create_uatype_deserializer.__wrapped__",
            "asyncua's ua_binary._create_uatype_deserializer keeps no cache any more",
        ),
        (  # a library that resolves its decoders elsewhere: the names are there, the remedy does not bite
            (
                "old = ua_binary.struct_from_binary; import types\n"
                "ua_binary.struct_from_binary = types.FunctionType(old.__code__, dict(old.__globals__))"
            ),
            "asyncua takes structures nested past the bound",
        ),
    ],
)
def test_that_a_library_that_was_changed_is_refused_in_one_sentence(change: str, sentence: str) -> None:
    said = complaint_about(change)

    assert said.startswith(sentence)
    assert said.endswith("so nothing is served.")
    assert "\n" not in said


def test_that_the_library_as_it_is_passes() -> None:
    assert complaint_about("") == ""


def test_that_hardening_twice_is_hardening_once() -> None:
    harden()
    harden()


def test_that_a_remedy_that_does_not_bite_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    harden()
    monkeypatch.setattr(
        hardening, "_bombs", lambda: [("a plain value", b"\x01\x06\x07\x00\x00\x00", ValueError)]
    )

    with pytest.raises(HardeningError, match="asyncua takes a plain value, so nothing is served"):
        hardening._check_remedies()


def test_that_every_name_is_one_that_is_replaced_or_used() -> None:
    assert all("." not in name or name.startswith("_") for name in NAMES)
