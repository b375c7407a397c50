"""The start-up self-test: nobody is served unless the library is the one that our remedies were made for.

The bytes' side is `opcua_server.wire.hardening`, which replaces decoders and encoders and lets small bombs go off; here is the other one:
each library method that a class of ours stands in for must still be there, or our remedy would hang in the air unheard.
"""

from collections.abc import Iterable

from asyncua.common.connection import SecureConnection
from asyncua.server.address_space import AddressSpace
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.server import Server
from asyncua.server.uaprocessor import UaProcessor

from opcua_server.wire.decoding import DecodeLimits
from opcua_server.wire.hardening import HardeningError, harden

# Where a remedy hangs: the library calls these, and we answer.
_SEAMS: dict[type, tuple[str, ...]] = {
    UaProcessor: (
        "process",
        "process_message",
        "_process_message",
        "send_response",
        "open_secure_channel",
        "close",
    ),
    OPCUAProtocol: ("connection_made", "connection_lost", "data_received", "_process_received_message_loop"),
    SecureConnection: (
        "receive_from_header_and_body",
        "_check_sym_header",
        "_check_incoming_chunk",
        "_receive",
        "message_to_binary",
        "select_policy",
    ),
    BinaryServer: ("_make_protocol", "start", "stop"),
    Server: ("_setup_server_nodes", "start", "stop"),
    InternalServer: ("create_session", "register_external_session", "unregister_external_session"),
    InternalSession: ("create_session", "close_session", "is_activated", "_timeout_loop"),
    AddressSpace: ("read_attribute_value", "write_attribute_value", "add_datachange_callback"),
}


def harden_server(limits: DecodeLimits, ours: Iterable[type]) -> None:
    """Harden this process and prove it.

    Args:
        limits: What a message may ask of its reader.
        ours: Classes of ours whose `@override` methods stand in for the library's.

    Raises:
        HardeningError: The library is another one; one sentence says where.
    """
    for owner, names in _SEAMS.items():
        for name in names:
            if not callable(getattr(owner, name, None)):
                raise HardeningError(
                    f"asyncua has no {owner.__name__}.{name} any more, so nothing is served."
                )
    for cls in ours:
        _check_overrides(cls)
    harden(limits)


def _check_overrides(cls: type) -> None:
    for name, value in vars(cls).items():
        is_override = getattr(value, "__override__", False)
        if is_override and not any(hasattr(base, name) for base in cls.__mro__[1:]):
            raise HardeningError(
                f"{cls.__name__}.{name} stands in for something that asyncua does not have any more, so nothing is served."
            )
