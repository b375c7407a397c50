"""Make requests that are almost right: wrong lengths, deep nesting, elements without size, cut and doubled bytes."""

import random
import struct
from collections.abc import Callable, Iterator

from tests.attacks.replay import Case
from tests.support import raw_ua as ua

LENGTHS = (-1, 0, 1, 2**31 - 1, -2, -(2**31), 65_535, 1_000_000, 2**24)
DEPTHS = (1, 10, 99, 100, 101, 500, 3000)
SPOILED = 0.05  # the share of cases whose frame is wrong too: each costs a connection
LITERAL = 597
_EVENT_ITEMS = -1  # CreateMonitoredItems again, with an event filter
_VIEW = ua.numeric(0) + struct.pack("<qI", 0, 0)
_NODES = (ua.numeric(2259), ua.numeric(85), ua.numeric(2258), ua.named("CNC-001", 5), ua.numeric(999_999))


def seeds() -> list[Case]:
    """Return one right request of each service that a client may ask for; the token is filled in when it is sent."""
    node, other = _NODES[0], _NODES[1]
    browse = other + ua.u32(0) + ua.numeric(33) + b"\x01" + ua.u32(0) + ua.u32(63)
    step = ua.numeric(33) + b"\x00\x01" + struct.pack("<H", 0) + ua.text("Server")
    value = b"\x01" + ua.variant(0x86, ua.array([ua.i32(n) for n in range(4)]))
    item = ua.items_body(1, list(_NODES[:3]), 100.0)
    element = ua.u32(10) + ua.array(
        [ua.wrapped(592, ua.u32(0)), ua.wrapped(LITERAL, ua.variant(6, ua.i32(5)))]
    )
    select = ua.numeric(2041) + ua.array([ua.qualified("EventId")]) + ua.u32(13) + ua.text(None)
    event_filter = ua.wrapped(727, ua.array([select]) + ua.array([element]))
    events = ua.items_body(1, [ua.numeric(2253)], 0.0, flt=event_filter)
    details = ua.wrapped(649, b"\x00" + struct.pack("<qqI", 0, 1 << 60, 10) + b"\x00")
    history = ua.array([node + ua.text(None) + ua.NULL_NAME + ua.text(None)])
    client = ua.text("urn:raw") + ua.text("urn:raw") + b"\x00" + ua.u32(1) + ua.text(None) * 2 + ua.i32(-1)
    create = (
        client + ua.text(None) + ua.text("opc.tcp://x") + ua.text("raw") + ua.text(b"n" * 32) + ua.text(None)
    )
    signature = ua.text(None) * 2
    identity = ua.wrapped(324, ua.text("username") + ua.text("admin") + ua.text(b"secret") + ua.text(None))
    bodies = {
        ua.READ: ua.read_body(list(_NODES)),
        ua.WRITE: ua.array([node + ua.u32(13) + ua.text(None) + value]),
        ua.BROWSE: _VIEW + ua.u32(10) + ua.array([browse] * 3),
        533: b"\x00" + ua.array([ua.text(b"point" * 3)]),
        ua.TRANSLATE: ua.array([other + ua.array([step, step])]),
        560: ua.array(list(_NODES)),
        566: ua.array(list(_NODES)),
        ua.CALL: ua.array([ua.numeric(2253) + ua.numeric(11492) + ua.array([ua.variant(7, ua.u32(1))])]),
        ua.CREATE_SUBSCRIPTION: ua.f64(100.0) + struct.pack("<III?B", 60, 10, 0, True, 0),
        793: ua.u32(1) + ua.f64(100.0) + struct.pack("<IIIB", 60, 10, 0, 0),
        ua.SET_PUBLISHING: b"\x01" + ua.array([ua.u32(1)]),
        ua.DELETE_SUBSCRIPTIONS: ua.array([ua.u32(1)]),
        ua.TRANSFER_SUBSCRIPTIONS: ua.array([ua.u32(1)]) + b"\x01",
        832: ua.u32(1) + ua.u32(1),
        ua.CREATE_ITEMS: item,
        _EVENT_ITEMS: events,
        763: ua.u32(1) + ua.u32(3) + ua.array([ua.u32(1) + ua.u32(2) + ua.f64(1.0) + ua.NULL_OBJECT + ua.u32(1) + b"\x01"]),
        769: ua.u32(1) + ua.u32(2) + ua.array([ua.u32(1)]),
        775: ua.u32(1) + ua.u32(1) + ua.array([ua.u32(2)]) + ua.array([ua.u32(3)]),
        781: ua.u32(1) + ua.array([ua.u32(1)]),
        ua.HISTORY_READ: details + ua.u32(3) + b"\x00" + history,
        ua.GET_ENDPOINTS: ua.text("opc.tcp://x") + ua.array([ua.text("en")]) + ua.array([ua.text("u")]),
        ua.FIND_SERVERS: ua.text("opc.tcp://x") + ua.array([ua.text("en")]) + ua.array([ua.text("u")]),
        ua.CREATE_SESSION: create + ua.f64(10_000.0) + ua.u32(0),
        ua.ACTIVATE_SESSION: signature + ua.i32(-1) + ua.array([ua.text("en")]) + identity + signature,
        488: ua.array([ua.numeric(85) + ua.numeric(35) + node + ua.qualified("x") + ua.u32(1) + ua.NULL_OBJECT + node]),
        ua.DELETE_NODES: ua.array([node + b"\x01"]),
        479: ua.u32(1),
    }  # fmt: skip
    return [
        Case(str(kind), ua.numeric(ua.CREATE_ITEMS if kind == _EVENT_ITEMS else kind) + ua.header() + body)
        for kind, body in bodies.items()
    ]


def mutations(count: int, seed: int, bases: list[Case]) -> Iterator[Case]:
    """Make so many cases, the same ones for the same seed."""
    chance = random.Random(seed)
    ways: list[Way] = [
        _length,
        _length,
        _length,
        _nested_variant,
        _nested_object,
        _no_size,
        _flip,
        _cut,
        _double,
        _insert,
    ]
    for number in range(count):
        base = chance.choice(bases)
        data = base.data
        used = []
        for _ in range(chance.choice((1, 1, 1, 2, 3))):
            way = chance.choice(ways)
            data = way(data, chance)[:60_000]
            used.append(way.__name__.strip("_"))
        spoil = number + 1 if chance.random() < SPOILED else 0
        yield Case(f"{number} {base.name} {'+'.join(used)}", data, spoil)


Way = Callable[[bytes, random.Random], bytes]


def _length(data: bytes, chance: random.Random) -> bytes:
    """Change one of the numbers that looks like a length: -1, or small enough to be one."""
    places = [
        at
        for at in range(len(data) - 3)
        if -1 <= struct.unpack_from("<i", data, at)[0] <= max(64, len(data) - at)
    ]
    if not places:
        return data
    at = chance.choice(places)
    return data[:at] + ua.i32(chance.choice(LENGTHS)) + data[at + 4 :]


def _nested_variant(data: bytes, chance: random.Random) -> bytes:
    """Put Variants in Variants where something was."""
    kind = chance.choice((b"\x18", b"\x98\x01\x00\x00\x00", b"\x17\x01", b"\x19\x40"))
    return _replace(data, chance, ua.wrapped(LITERAL, kind * chance.choice(DEPTHS) + b"\x00"))


def _nested_object(data: bytes, chance: random.Random) -> bytes:
    """Put ExtensionObjects in ExtensionObjects where something was."""
    inner = b"\x00"
    for _ in range(min(chance.choice(DEPTHS), 500)):
        inner = b"\x16" + ua.wrapped(LITERAL, inner)
    return _replace(data, chance, ua.wrapped(LITERAL, inner))


def _no_size(data: bytes, chance: random.Random) -> bytes:
    """Announce many elements that take no bytes, or a shape that no array has."""
    many = ua.i32(chance.choice(LENGTHS))
    bomb = chance.choice(
        (b"\x80" + many, b"\x98" + many, b"\x96" + many, b"\xc6" + many + ua.i32(2) + many + many)
    )
    return _replace(data, chance, ua.wrapped(LITERAL, bomb))


def _replace(data: bytes, chance: random.Random, what: bytes) -> bytes:
    places = [at for at in range(len(data) - 2) if data[at : at + 3] == ua.NULL_OBJECT]
    at = chance.choice(places) if places and chance.random() < 0.7 else chance.randrange(len(data))
    return data[:at] + what + data[at + 3 :]


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 2, 8))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def _double(data: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[at:end] * chance.choice((1, 2, 20)) + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + chance.randbytes(chance.choice((1, 4, 100))) + data[at:]
