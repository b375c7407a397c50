"""Attacks that want the server stalled, full or gone (reliability.md, 1b): the bystander notices none of them.

Each is a function whose docstring says what it does to a stock server; `scene` holds what is the same for all: the bystander's
gap, the emergency stop, a new login, memory, log.
"""

import contextlib
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.attacks.scene import NAMESPACE, BystanderSilentError, Scene, scene, until
from tests.support import raw_ua as ua
from tests.support.raw_ua import ClosedError, FaultError, RawUa

BAD_DECODING = 0x80070000
BAD_LIMITS = 0x80080000
BAD_TOO_LARGE = 0x80B90000  # BadResponseTooLarge
BAD_SEQUENCE = 0x80880000
BAD_TOKEN = 0x80870000
BAD_RESOURCES = 0x80810000  # BadTcpNotEnoughResources
BAD_MESSAGE_LARGE = 0x80800000
BAD_REQUEST_LARGE = 0x80B80000

LITERAL = 597
Attack = Callable[[Scene], None]


@contextlib.contextmanager
def closing(clients: list[RawUa]) -> Iterator[list[RawUa]]:
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


# ---- before login ----------------------------------------------------------------------------------------------------


def null_array_bomb(stage: Scene) -> None:
    """92 bytes announce 2^31 nulls: stock, the loop stands for 12 s and 16 GiB are asked for."""
    bomb = ua.wrapped(LITERAL, ua.variant(0x80, ua.i32(2**31 - 1)))
    for _ in until(1.0):
        with stage.client() as client, pytest.raises(FaultError) as refusal:
            client.open().ask(ua.GET_ENDPOINTS, b"", additional=bomb)
        assert refusal.value.code == BAD_DECODING
    stage.log_in()


def many_nulls(stage: Scene) -> None:
    """A message of 60 kB made of empty Variants, again and again: stock, 60,000 objects each."""
    many = ua.wrapped(LITERAL, ua.variant(0x98, ua.i32(55_000) + bytes(55_000)))
    with stage.client() as client:
        client.open()
        for _ in until(1.0):
            with pytest.raises(FaultError) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"", additional=many)
            assert refusal.value.code == BAD_LIMITS
        stage.log_in()


def tiny_hello_buffer(stage: Scene) -> None:
    """A receive buffer of 25 bytes: stock, each byte of an answer becomes a chunk of its own."""
    for _ in until(1.0):
        with stage.client() as client, pytest.raises(ClosedError) as refusal:
            client.hello(buffer=25)
        assert refusal.value.code == BAD_RESOURCES
    stage.log_in()


def register_server_flood(stage: Scene) -> None:
    """A new server of 20 kB each time: stock keeps all of them, 873 MB for 20,001."""
    with stage.client() as client:
        client.open()
        for number in until(1.0):
            uri = ua.text(f"urn:flood:{number}:" + "x" * 20_000)
            names = ua.array([b"\x03" + ua.text("en") + ua.text("flood")])
            urls = ua.array([ua.text("opc.tcp://flood")])
            with pytest.raises(FaultError):
                client.ask(
                    ua.REGISTER_SERVER,
                    uri + ua.text("p") + names + ua.u32(0) + ua.text(None) + urls + ua.text(None) + b"\x01",
                )
        stage.log_in()


def create_session_flood(stage: Scene) -> None:
    """Session upon session on one channel: stock keeps 20,000 of them and a task for each."""
    with stage.client() as client:
        client.open()
        for _ in until(2.0):
            with contextlib.suppress(FaultError):
                client.create_session()
        stage.log_in()


def session_hoard(stage: Scene) -> None:
    """Five hundred connections that each activate a session and stay: stock has no cap but a thousand."""
    with closing([]) as clients:
        refused = 0
        for _ in range(500):
            client = stage.client()
            clients.append(client)
            try:
                client.session()
            except (FaultError, ClosedError):
                refused += 1
        assert refused, "nothing bounds the sessions"


def chunk_flood(stage: Scene) -> None:
    """Chunks without a last one: stock keeps 100 MB a connection."""
    for _ in range(4):
        with stage.client() as client:
            client.open()
            with pytest.raises(ClosedError) as refusal:  # noqa: PT012
                for _ in range(2000):
                    client.request = 7
                    client.sequence += 1
                    client.send(
                        ua.chunk(b"MSGC", client.channel, client.token, client.sequence, 7, bytes(60_000))
                    )
                    if client.sequence > 3:
                        client.receive(1.0)
            assert refusal.value.code in (0, BAD_REQUEST_LARGE)  # 0: cut while we were still sending
    stage.log_in()


def empty_chunk_flood(stage: Scene) -> None:
    """Chunks of nothing without a last one: stock counts 1,600 of them before it minds."""
    with stage.client() as client:
        client.open()
        with contextlib.suppress(ClosedError):
            for _ in range(5000):
                client.sequence += 1
                client.send(ua.chunk(b"MSGC", client.channel, client.token, client.sequence, 7, b""))
        assert client.is_closed(2.0)
    stage.log_in()


def held_messages(stage: Scene) -> None:
    """Two hundred connections that each hold a message back at its last chunk: stock waits for ever."""
    with closing([]) as clients:
        for _ in range(200):
            client = stage.client()
            clients.append(client)
            with contextlib.suppress(ClosedError, TimeoutError):
                client.open()
                client.sequence += 1
                client.send(
                    ua.chunk(b"MSGC", client.channel, client.token, client.sequence, 7, bytes(60_000))
                )
        stage.log_in()


def four_gib_header(stage: Scene) -> None:
    """A header that announces 4 GiB and zeros behind it: stock copies all it has at each packet."""
    for kind in (b"HELF", b"MSGF", b"OPNF"):
        with stage.client() as client:
            sent = 0
            with contextlib.suppress(ClosedError):
                client.send(kind + b"\xff\xff\xff\xff")
                for _ in range(64):
                    client.send(bytes(1 << 20))
                    sent += 1
            assert sent < 40, "the server went on reading"
    with stage.client() as client:
        client.send(b"HELF\xff\xff\xff\xff")
        with pytest.raises(ClosedError) as refusal:
            client.receive(2.0)
    assert refusal.value.code == BAD_MESSAGE_LARGE
    stage.log_in()


def idle_sockets(stage: Scene) -> None:
    """A thousand sockets that say nothing: stock is full, and new operators are refused."""
    with closing([]) as clients:
        for number in range(1000):
            with contextlib.suppress(OSError):
                clients.append(stage.client(source=f"127.0.0.{1 + number % 4}"))
        stage.log_in()


def half_open_dribble(stage: Scene) -> None:
    """Two hundred connections that send a byte now and then: a bystander must not wait for them."""
    with closing([]) as clients:
        for _ in range(200):
            with contextlib.suppress(OSError):
                clients.append(stage.client())
        message = ua.hello()
        for number in until(2.0):
            for client in clients:
                with contextlib.suppress(ClosedError):
                    client.send(message[number % len(message) :][:1])
            time.sleep(0.2)  # the attack's own pace
        stage.log_in()


def certificate_junk(stage: Scene) -> None:
    """60 kB of noise, or two hundred certificates, where one certificate belongs: stock does not answer at all."""
    uri = ua.text("http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256")
    piece = b"\x30\x82\x01\x20" + bytes(0x120)
    for junk in (bytes(range(256)) * 230, piece * 190, b"\x30\x84\xff\xff\xff\xff" + bytes(50_000), b""):
        with stage.client() as client:
            client.hello()
            secured = uri + ua.text(junk) + ua.text(bytes(20)) + struct.pack("<II", 1, 1) + bytes(256)
            client.send(b"OPNF" + struct.pack("<II", 12 + len(secured), 0) + secured)
            assert client.is_closed(3.0)
    stage.log_in()


def nested_variants(stage: Scene) -> None:
    """Variants in Variants, fifty thousand deep: stock writes a traceback of 190 kB for each message."""
    deep = ua.wrapped(LITERAL, b"\x18" * 50_000 + b"\x00")
    with stage.client() as client:
        client.open()
        for _ in until(1.0):
            with pytest.raises(FaultError) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"", additional=deep)
            assert refusal.value.code == BAD_LIMITS
        stage.log_in()


def nested_objects(stage: Scene) -> None:
    """ExtensionObjects in ExtensionObjects, three thousand deep: stock stands for a second."""
    # Each declares the length of all that follows, so it is built from the inside.
    deep = b"\x00"
    for _ in range(3000):
        deep = b"\x16" + ua.wrapped(LITERAL, deep)
    additional = ua.wrapped(LITERAL, deep)
    with stage.client() as client:
        client.open()
        for _ in until(1.0):
            with pytest.raises(FaultError) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"", additional=additional)
            assert refusal.value.code == BAD_LIMITS
        stage.log_in()


def nested_diagnostics(stage: Scene) -> None:
    """DiagnosticInfo in DiagnosticInfo, fifty thousand deep."""
    deep = ua.wrapped(LITERAL, b"\x19" + b"\x40" * 50_000 + b"\x00")
    with stage.client() as client:
        client.open()
        for _ in until(1.0):
            with pytest.raises(FaultError) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"", additional=deep)
            assert refusal.value.code == BAD_LIMITS
        stage.log_in()


def wrong_sequence(stage: Scene) -> None:
    """Sequence numbers that do not follow: stock logs a traceback for each and goes on."""
    for _ in until(1.0):
        with stage.client() as client:
            client.open()
            client.sequence += 5
            with pytest.raises((ClosedError, FaultError)) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"")
            assert isinstance(refusal.value, ClosedError)
            assert refusal.value.code == BAD_SEQUENCE
    stage.log_in()


def wrong_token(stage: Scene) -> None:
    """A channel's token that was never given: stock logs a traceback for each and goes on."""
    for _ in until(1.0):
        with stage.client() as client:
            client.open()
            client.token += 77
            with pytest.raises((ClosedError, FaultError)) as refusal:
                client.ask(ua.GET_ENDPOINTS, b"")
            assert isinstance(refusal.value, ClosedError)
            assert refusal.value.code == BAD_TOKEN
    stage.log_in()


def noise(stage: Scene) -> None:
    """Bytes that are no OPC UA at all: stock says nothing and waits for more."""
    for _ in until(1.0):
        with stage.client() as client:
            client.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.is_closed(1.0)
    stage.log_in()


# ---- with a session --------------------------------------------------------------------------------------------------


def browse_bomb(stage: Scene) -> None:
    """700 nodes with all their hierarchical references in one request, twenty requests: stock stands for 5 s a request."""
    every = ua.numeric(85) + ua.u32(2) + ua.numeric(31) + b"\x01" + ua.u32(0) + ua.u32(63)
    types = ua.numeric(58) + ua.u32(2) + ua.numeric(31) + b"\x01" + ua.u32(0) + ua.u32(63)
    view = ua.numeric(0) + struct.pack("<qI", 0, 0)
    with stage.client() as client:
        client.session()
        for _ in range(20):
            client.begin(ua.BROWSE, view + ua.u32(0) + ua.array([every, types] * 350))
        stage.log_in()
        for _ in range(20):
            client.answer()


def translate_bomb(stage: Scene) -> None:
    """A path of 242 bytes whose steps each find many nodes: stock follows them all."""
    forward = ua.numeric(33) + b"\x00\x01" + struct.pack("<H", 0) + ua.text("Server")
    backward = ua.numeric(33) + b"\x01\x01" + struct.pack("<H", 0) + ua.text("Objects")
    to_type = ua.numeric(40) + b"\x00\x01" + struct.pack("<H", 0) + ua.text("PropertyType")
    to_all = ua.numeric(40) + b"\x01\x01" + struct.pack("<H", 0) + ua.text("InputArguments")
    start_all = ua.numeric(68) + ua.array([to_all, to_type] * 6 + [to_all])
    start_many = ua.numeric(85) + ua.array([forward, backward] * 30 + [forward])
    with stage.client() as client:
        client.session()
        for _ in range(5):
            with contextlib.suppress(FaultError):
                client.ask(ua.TRANSLATE, ua.array([start_all, start_many] * 100))
        stage.log_in()


def long_path(stage: Scene) -> None:
    """A path of 4,000 steps."""
    step = ua.numeric(33) + b"\x00\x01" + struct.pack("<H", 0) + ua.text("x")
    with stage.client() as client:
        client.session()
        for _ in until(1.0):
            with contextlib.suppress(FaultError):
                client.ask(ua.TRANSLATE, ua.array([ua.numeric(85) + ua.array([step] * 4000)]))
        stage.log_in()


def never_reads(stage: Scene) -> None:
    """A client that asks and asks and never takes an answer: stock keeps 2.7 GB for it."""
    with stage.client() as client:
        client.session()
        request = ua.read_body([ua.numeric(2255)] * 300)
        with contextlib.suppress(ClosedError, TimeoutError):
            client.socket.settimeout(1.0)
            for _ in until(2.0):
                client.begin(ua.READ, request)
        stage.log_in()


def read_too_much(stage: Scene) -> None:
    """One request whose answer has no end: stock encodes a thousand times the largest value, and stands for 4 s."""
    with stage.client() as client:
        client.session()
        for _ in range(3):
            with contextlib.suppress(FaultError):
                client.ask(ua.READ, ua.read_body([ua.numeric(7617)] * 1000))
        stage.log_in()


def write_too_much(stage: Scene) -> None:
    """A thousand values in one request that nobody may write, request upon request: each is looked at and told of."""
    value = b"\x01" + ua.variant(11, ua.f64(1.0))
    one = ua.numeric(2259) + ua.u32(13) + ua.text(None) + value
    with stage.client() as client:
        client.session()
        flood(client, ua.WRITE, ua.array([one] * 1000), window=5)
        stage.log_in()


def call_too_much(stage: Scene) -> None:
    """A hundred calls in one request, of nothing, of methods with wrong arguments and of what costs most, request upon request."""
    device = ua.named("CNC-001", NAMESPACE)
    nothing = ua.numeric(2253) + ua.numeric(2259) + ua.array([])
    wrong = device + ua.named("CNC-001/Start", NAMESPACE) + ua.array([ua.variant(6, ua.i32(1))] * 20)
    monitored = ua.numeric(2253) + ua.numeric(11492) + ua.array([ua.variant(7, ua.u32(1))])
    with stage.client() as client:
        client.session()
        flood(client, ua.CALL, ua.array([nothing, wrong, monitored, nothing] * 25), window=5)
        stage.log_in()


def register_too_much(stage: Scene) -> None:
    """Ten thousand nodes to register in one request, request upon request."""
    nodes = ua.array([ua.named(f"CNC-001/Measurements/{number}", NAMESPACE) for number in range(9_000)])
    with stage.client() as client:
        client.session()
        flood(client, 560, nodes, window=3)
        stage.log_in()


def small_answers_only(stage: Scene) -> None:
    """A client that takes 32,768 bytes and asks for more: it is told so, not sent it."""
    with stage.client() as client:
        client.hello(buffer=8192, message=32_768, chunks=4)
        client.open_channel()
        client.create_session()
        client.activate_session()
        with pytest.raises(FaultError) as refusal:
            client.ask(ua.READ, ua.read_body([ua.numeric(2255)] * 300))
        assert refusal.value.code == BAD_TOO_LARGE
        client.read(ua.numeric(2259))
    stage.log_in()


def large_requests(stage: Scene) -> None:
    """Requests of four megabytes in fifty thousand pieces, several at once: decoding one takes longer than anyone waits."""
    value = b"\x01" + ua.variant(0x97, ua.i32(40_000) + b"\x00" * 40_000)
    body = ua.array([ua.numeric(2259) + ua.u32(13) + ua.text(None) + value])
    with closing([stage.client() for _ in range(4)]) as clients:
        for client in clients:
            client.session()
        for _ in until(1.0):
            for client in clients:
                client.begin(ua.WRITE, body)
            for client in clients:
                client.answer()
        stage.log_in()


def orphaned_subscriptions(stage: Scene) -> None:
    """Subscriptions left behind by closed sessions: stock keeps them for 17 days and lets nobody else have any."""
    with contextlib.suppress(FaultError, ClosedError):
        for _ in range(20):
            with stage.client() as client:
                client.session()
                for _ in range(50):
                    body = ua.f64(1000.0) + struct.pack("<III?B", 0xFFFFFFF0, 0x5FFFFFF0, 0, True, 0)
                    with contextlib.suppress(FaultError):
                        client.ask(ua.CREATE_SUBSCRIPTION, body)
                with contextlib.suppress(FaultError):
                    client.ask(ua.CLOSE_SESSION, b"\x00")
    with stage.client() as client:
        client.session().subscribe([ua.numeric(2258)])
    stage.log_in()


def too_many_items(stage: Scene) -> None:
    """Monitored items without end: stock takes all, and the bystander gets half its notifications."""
    with stage.client() as client:
        client.session()
        for count in until(2.0):
            if count % 20 == 0:
                subscription = client.subscribe([])
            body = ua.items_body(subscription, [ua.numeric(2258)] * 1000, 100.0)
            with contextlib.suppress(FaultError):
                client.ask(ua.CREATE_ITEMS, body)
        stage.log_in()


def hasty_publishing(stage: Scene) -> None:
    """Twenty subscriptions that want to hear every tenth of a microsecond: stock gives them a core."""
    with stage.client() as client:
        client.session()
        for _ in range(20):
            with contextlib.suppress(FaultError):
                client.subscribe([ua.numeric(2258)], interval_ms=0.0001)
        began = stage.cpu_s()
        for _ in until(2.0):
            client.publish()
            client.answer()
        assert stage.cpu_s() - began < 1.5
        stage.log_in()


def large_messages_held(stage: Scene) -> None:
    """Sixty sessions that each hold four megabytes back at the last chunk: stock keeps a hundred a connection."""
    with closing([]) as clients:
        for _ in range(60):
            client = stage.client()
            clients.append(client)
            with contextlib.suppress(ClosedError, TimeoutError):
                client.session()
                for _ in range(68):
                    client.sequence += 1
                    client.send(
                        ua.chunk(b"MSGC", client.channel, client.token, client.sequence, 77, bytes(60_000))
                    )
        stage.log_in()


def publish_flood(stage: Scene) -> None:
    """Publish requests by the ten thousand."""
    with stage.client() as client:
        client.session()
        client.subscribe([ua.numeric(2258)])
        flood(client, ua.PUBLISH, ua.i32(-1))
        stage.log_in()


def request_flood(stage: Scene) -> None:
    """Reads by the ten thousand, as fast as the socket takes them."""
    with stage.client() as client:
        client.session()
        flood(client, ua.READ, ua.read_body([ua.numeric(2259)]))
        stage.log_in()


def refresh_flood(stage: Scene) -> None:
    """ConditionRefresh by the thousand (CVE-2023-27321)."""
    with stage.client() as client:
        client.session()
        subscription = client.subscribe([])
        argument = ua.variant(7, ua.u32(subscription))
        flood(client, ua.CALL, ua.array([ua.numeric(2782) + ua.numeric(3875) + ua.array([argument])] * 20))
        stage.log_in()


def history_flood(stage: Scene) -> None:
    """Raw history of a tag, all of it, again and again."""
    tag = ua.named("CNC-001/Measurements/SpindleSpeed", NAMESPACE)
    details = ua.wrapped(649, b"\x00" + struct.pack("<qqI", 0, 0x01DFFFFFFFFFFFFF, 0) + b"\x00")
    nodes = ua.array([tag + ua.text(None) + ua.NULL_NAME + ua.text(None)] * 100)
    with stage.client() as client:
        client.session()
        flood(client, ua.HISTORY_READ, details + ua.u32(3) + b"\x00" + nodes)
        stage.log_in()


def flood(client: RawUa, service: int, body: bytes, seconds: float = 1.5, window: int = 500) -> None:
    """Keep many requests under way for a while."""
    with contextlib.suppress(ClosedError, TimeoutError):
        for number in until(seconds):
            client.begin(service, body)
            if number > window:
                client.answer(1.0)


ATTACKS: list[Attack] = [
    null_array_bomb, many_nulls, tiny_hello_buffer, register_server_flood, create_session_flood, session_hoard,
    chunk_flood, empty_chunk_flood, held_messages, four_gib_header, idle_sockets, half_open_dribble, certificate_junk,
    nested_variants, nested_objects, nested_diagnostics, wrong_sequence, wrong_token, noise,
    browse_bomb, translate_bomb, long_path, never_reads, read_too_much, write_too_much, call_too_much,
    register_too_much, small_answers_only, large_requests, large_messages_held,
    orphaned_subscriptions, too_many_items, hasty_publishing, publish_flood, request_flood, refresh_flood, history_flood,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_that_an_attack_leaves_the_bystander_alone(attack: Attack, tmp_path: Path) -> None:
    try:
        _attack(attack, tmp_path / "first")
    except BystanderSilentError:
        # A busy machine keeps a bystander waiting now and then, a weak server each time.
        _attack(attack, tmp_path / "second")


def _attack(attack: Attack, folder: Path) -> None:
    folder.mkdir()
    with scene(folder) as stage:
        attack(stage)
