"""The private names of asyncua 2.1.0 that we subclass and use: an update of the library must fail here, not in a plant."""

import inspect
import tomllib
from importlib.metadata import version
from typing import Any

import pytest
from asyncua import Client, Server, ua
from asyncua.client.ua_client import UaClient
from asyncua.client.ua_session import UaSession
from asyncua.common.connection import MessageChunk, SecureConnection, TransportLimits
from asyncua.common.utils import Buffer
from asyncua.common.xmlimporter import XmlImporter
from asyncua.crypto.security_policies import (
    Cryptography,
    CryptographyNone,
    DecryptorAesCbc,
    EncryptorAesCbc,
    SecurityPolicyFactory,
    SecurityPolicyNone,
    SignerHMac256,
    VerifierHMac256,
)
from asyncua.server.address_space import (
    AddressSpace,
    AttributeService,
    AttributeValue,
    MethodService,
    NodeData,
)
from asyncua.server.binary_server_asyncio import BinaryServer, OPCUAProtocol
from asyncua.server.internal_server import InternalServer
from asyncua.server.internal_session import InternalSession
from asyncua.server.uaprocessor import UaProcessor
from asyncua.ua import ua_binary

from hmi.link.connection import LinkSession
from opcua_server.dataplane.address_space import ColumnAddressSpace, ColumnValue
from opcua_server.dataplane.columns import ColumnStore
from opcua_server.dataplane.promised import LateParent
from opcua_server.model.standard import StandardNode, StandardTable
from opcua_server.services.attributes import CheckedAttributeService
from opcua_server.services.channel import AndonChannel
from opcua_server.services.connections import AndonServer, _Listener
from opcua_server.services.internal import AndonInternalServer
from opcua_server.services.methods import CheckedMethodService
from opcua_server.services.processor import AndonProcessor
from opcua_server.services.protocol import AndonProtocol
from opcua_server.services.sessions import AndonSession
from opcua_server.wire.hardening import NAMES
from tests.support.servers import ROOT

PINNED = "2.1.0"

# Library method -> the parameters we rely on, as `inspect` names them.
METHODS: list[tuple[type, str, str]] = [
    (AttributeService, "write", "self, params, user"),
    (AddressSpace, "read_attribute_value", "self, nodeid, attr"),
    (AddressSpace, "add_datachange_callback", "self, nodeid, attr, callback"),
    (AddressSpace, "delete_datachange_callback", "self, handle"),
    (AddressSpace, "get", "self, nodeid"),
    (AddressSpace, "__setitem__", "self, nodeid, value"),
    (AddressSpace, "__contains__", "self, nodeid"),
    (MethodService, "_call", "self, method"),
    (MethodService, "stop", "self"),
    (InternalSession, "create_session", "self, params, sockname"),
    (InternalSession, "close_session", "self, delete_subs"),
    (InternalSession, "_start_timeout_watchdog", "self"),
    (InternalServer, "lookup_external_session", "self, auth_token"),
    (SecureConnection, "open", "self, params, server"),
    (SecureConnection, "is_open", "self"),
    (SecureConnection, "select_policy", "self, uri, peer_certificate, mode"),
    (SecureConnection, "receive_from_header_and_body", "self, header, body"),
    (
        SecurityPolicyFactory,
        "__init__",
        "self, cls, mode, certificate, private_key, permission_ruleset, certificate_chain",
    ),
    (MethodService, "call", "self, methods"),
    (AddressSpace, "__delitem__", "self, nodeid"),
    (AddressSpace, "keys", "self"),
    (AddressSpace, "write_attribute_value", "self, nodeid, attr, value"),
    (XmlImporter, "import_xml", "self, xmlpath, xmlstring"),
    (InternalSession, "browse", "self, params"),
    (InternalSession, "read", "self, params"),
    (InternalSession, "write", "self, params"),
    (InternalSession, "call", "self, params"),
    (InternalServer, "load_standard_address_space", "self, shelf_file"),
    (InternalServer, "create_session", "self, name, user, external"),
    (InternalServer, "register_external_session", "self, session"),
    (InternalServer, "unregister_external_session", "self, session"),
    (InternalServer, "stop", "self"),
    (UaProcessor, "process", "self, header, body"),
    (UaProcessor, "close", "self"),
    (UaProcessor, "send_response", "self, requesthandle, seqhdr, response, msgtype"),
    (UaProcessor, "process_message", "self, seqhdr, body"),
    (UaProcessor, "_process_message", "self, typeid, requesthdr, seqhdr, body"),
    (UaProcessor, "set_policies", "self, policies"),
    (UaProcessor, "send_response", "self, requesthandle, seqhdr, response, msgtype"),
    (UaProcessor, "process", "self, header, body"),
    (UaProcessor, "close", "self"),
    (SecureConnection, "receive_from_header_and_body", "self, header, body"),
    (SecureConnection, "_check_sym_header", "self, security_hdr"),
    (SecureConnection, "_check_incoming_chunk", "self, chunk"),
    (SecureConnection, "message_to_binary", "self, message, message_type, request_id"),
    (MessageChunk, "max_body_size", "crypto, max_chunk_size"),
    (EncryptorAesCbc, "encrypt", "self, data"),
    (DecryptorAesCbc, "decrypt", "self, data"),
    (Buffer, "copy", "self, size"),
    (Buffer, "skip", "self, size"),
    (OPCUAProtocol, "connection_made", "self, transport"),
    (OPCUAProtocol, "connection_lost", "self, ex"),
    (OPCUAProtocol, "data_received", "self, data"),
    (OPCUAProtocol, "_process_received_message_loop", "self"),
    (BinaryServer, "_make_protocol", "self"),
    (Server, "_setup_server_nodes", "self"),
    (Server, "start", "self"),
    (UaSession, "_send_request", "self, request, timeout, message_type"),
    (UaSession, "publish", "self, acks"),
    (UaSession, "ensure_publish_loop", "self"),
    (UaSession, "create_subscription", "self, params, callback"),
    (UaClient, "close_session", "self, delete_subscriptions"),
    (Client, "open_secure_channel", "self, renew"),
]

# Class of ours -> the library's class behind it.
SUBCLASSES: list[tuple[type, type]] = [
    (CheckedAttributeService, AttributeService),
    (ColumnAddressSpace, AddressSpace),
    (ColumnValue, AttributeValue),
    (CheckedMethodService, MethodService),
    (AndonSession, InternalSession),
    (AndonInternalServer, InternalServer),
    (AndonProcessor, UaProcessor),
    (AndonProtocol, OPCUAProtocol),
    (AndonChannel, SecureConnection),
    (_Listener, BinaryServer),
    (AndonServer, Server),
    (LinkSession, UaSession),
]


def test_that_the_library_is_the_one_that_was_read() -> None:
    assert version("asyncua") == PINNED


def test_that_the_project_asks_for_that_library_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"asyncua=={PINNED}" in project["dependencies"]


@pytest.mark.parametrize(
    ("owner", "name", "parameters"), METHODS, ids=[f"{owner.__name__}.{name}" for owner, name, _ in METHODS]
)
def test_that_a_method_we_rely_on_is_there_with_its_parameters(
    owner: type, name: str, parameters: str
) -> None:
    assert hasattr(owner, name), f"asyncua has no {owner.__name__}.{name} any more"
    assert ", ".join(inspect.signature(getattr(owner, name)).parameters) == parameters


@pytest.mark.parametrize(("ours", "theirs"), SUBCLASSES, ids=[ours.__name__ for ours, _ in SUBCLASSES])
def test_that_everything_we_override_exists_in_the_library(ours: type, theirs: type) -> None:
    overridden = [name for name, value in vars(ours).items() if getattr(value, "__override__", False)]

    assert issubclass(ours, theirs)
    assert overridden or ours in (AndonInternalServer, ColumnAddressSpace, ColumnValue)
    assert [name for name in overridden if not hasattr(theirs, name)] == []


# ---- attributes that only instances have -----------------------------------------------------------------------------


def assert_has(thing: object, *names: str) -> None:
    missing = [name for name in names if not hasattr(thing, name)]
    assert not missing, f"asyncua's {type(thing).__name__} has no {', '.join(missing)} any more"


async def test_that_the_inner_server_has_the_parts_we_replace() -> None:
    inner = InternalServer()

    assert_has(
        inner,
        "aspace", "attribute_service", "method_service", "subscription_service", "isession", "current_time_node",
        "server_status_node", "time_task", "_external_sessions", "asyncio_transports",
        "max_pending_messages_per_connection",
    )  # fmt: skip
    assert_has(
        inner.isession,
        "iserver", "auth_token", "external", "session_id", "name", "user", "state", "nonce", "_current_connections",
        "max_connections", "_last_activity", "session_timeout",
    )  # fmt: skip
    assert_has(inner.attribute_service, "_aspace")
    assert_has(inner.method_service, "_aspace")
    assert_has(inner.current_time_node, "session")
    inner.method_service.stop()


def test_that_a_node_is_made_of_the_parts_that_we_make() -> None:
    value = AttributeValue(ua.DataValue())
    data = NodeData(ua.NodeId(1))

    assert_has(value, "value", "value_callback", "value_setter", "datachange_callbacks")
    assert set(vars(ColumnValue(ColumnStore(), 0))) - {"_store", "row"} == set(vars(value)) - {"value"}
    assert value.datachange_callbacks == {}
    assert_has(data, "nodeid", "attributes", "references", "call")
    assert (data.attributes, data.references, data.call) == ({}, [], None)
    assert isinstance(AddressSpace()._nodes, dict)
    # Ours keep attributes and references behind properties, everything else in the same fields.
    for ours in (StandardNode(data.nodeid, 0, StandardTable.shipped()), LateParent(data.nodeid)):
        own = {"_row", "_table", "_attributes", "_references", "attributes", "references", "grow"}
        assert set(vars(ours)) - own == set(vars(data)) - own
        assert_has(ours, *vars(data))


async def test_that_a_listener_has_the_parts_we_hand_on() -> None:
    server: Any = Server()
    listener = BinaryServer(server.iserver, "127.0.0.1", 0, server.limits)
    protocol = OPCUAProtocol(server.iserver, [], [], [], server.limits)

    assert_has(
        server,
        "iserver",
        "bserver",
        "limits",
        "endpoint",
        "_policies",
        "_application_uri",
        "product_uri",
        "name",
    )
    assert_has(listener, "iserver", "_policies", "clients", "closing_tasks", "limits", "_server")
    assert_has(protocol, "iserver", "policies", "transport", "limits", "processor")
    server.iserver.method_service.stop()


def test_that_a_channel_has_the_parts_that_are_checked() -> None:
    connection = SecureConnection(SecurityPolicyNone(), TransportLimits())

    assert_has(connection, "security_policy", "remote_nonce")
    assert_has(
        connection.security_policy,
        "URI", "Mode", "AsymmetricEncryptionURI", "AsymmetricSignatureURI", "secure_channel_nonce_length",
        "peer_certificate", "host_certificate", "asymmetric_cryptography",
    )  # fmt: skip


def test_that_symmetric_keys_are_where_we_look_for_them() -> None:
    signer, verifier = SignerHMac256(b"k" * 32), VerifierHMac256(b"k" * 32)

    assert signer.key == verifier.key == b"k" * 32
    assert_has(CryptographyNone(), "decrypt")
    assert_has(
        Cryptography(ua.MessageSecurityMode.Sign),
        "Signer", "Verifier", "Encryptor", "Decryptor", "is_encrypted",
    )  # fmt: skip


async def test_that_a_channel_has_the_parts_that_bound_it() -> None:
    server: Any = Server()
    channel = SecureConnection(SecurityPolicyNone(), server.limits)

    assert_has(
        channel,
        "_incoming_parts",
        "_peer_sequence_number",
        "_sequence_number",
        "_limits",
        "security_token",
        "_open",
    )
    assert_has(server.limits, "max_recv_buffer", "max_send_buffer", "max_chunk_count", "max_message_size")
    assert_has(Buffer(b""), "_data", "cur_pos")
    server.iserver.method_service.stop()


def test_that_what_is_replaced_in_the_library_is_there_with_its_parameters() -> None:
    for name, parameters in NAMES.items():
        found: Any = ua_binary
        for part in name.split("."):
            found = getattr(found, part)
        # Once hardened, some are ours: they stand in with the same number of arguments.
        assert len(inspect.signature(found).parameters) == len(
            parameters.split(", ") if parameters else []
        ), name


def test_that_a_client_has_the_parts_that_the_link_drives() -> None:
    client = Client("opc.tcp://127.0.0.1:4840")

    assert_has(
        client, "uaclient", "secure_channel_timeout", "session_timeout", "application_uri", "product_uri"
    )
    assert_has(client.uaclient, "session", "protocol", "close_session")


def test_that_an_importer_keeps_the_references_that_it_could_not_make() -> None:
    importer = XmlImporter(None)

    assert_has(importer, "refs", "namespaces")
