"""Play byte streams at a server, many connections at once, and note what becomes of each."""

import asyncio
import contextlib
import random
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from tests.support import raw_ua as ua
from tests.support.servers import data_dir

PATIENCE_S = 1.0  # for an answer
SETUP_S = 10.0
SESSION_MS = 10_000.0
LINES = 24  # connections at once: fewer than the strangers that one address may have


class Outcome(StrEnum):
    """What a server did with a case."""

    ANSWERED = "answered"
    CLOSED = "closed"
    SILENT = "silent"
    UNFINISHED = "unfinished"  # the case ends inside a chunk, and waiting for the rest is right


@dataclass
class Tally:
    """How the cases of a run ended."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)

    @property
    def settled(self) -> float:
        """The share of cases that were answered or closed in time, of those that were whole."""
        whole = self.outcomes.total() - self.outcomes[Outcome.UNFINISHED]
        return 1.0 - self.outcomes[Outcome.SILENT] / max(whole, 1)

    def add(self, name: str, outcome: Outcome) -> None:
        self.outcomes[outcome] += 1
        if outcome is Outcome.SILENT:
            self.silent.append(name)


@dataclass(frozen=True)
class Case:
    """Bytes to play: a stream as it is, or the body of one request for a session to frame."""

    name: str
    data: bytes
    spoil: int = 0  # seed of what is wrong with its frame; 0 is nothing


# ---- the corpora -----------------------------------------------------------------------------------------------------


def corpus() -> Path | None:
    """Return the folder of recorded client streams; None where it is not."""
    folder = data_dir() / "ua_corpus"
    return folder if folder.is_dir() else None


def streams(folder: Path) -> list[Case]:
    """Return what clients sent, as it was recorded."""
    files = sorted((folder / "open62541" / "raw").glob("*.bin")) + sorted(
        (folder / "uanet" / "net").rglob("*.bin")
    )
    return [Case(str(file.relative_to(folder)), file.read_bytes()) for file in files]


def requests(folder: Path) -> list[Case]:
    """Return the bodies of the requests among the streams, from the type on."""
    found = []
    for case in streams(folder):
        at = case.data.find(b"MSGF")
        if at >= 0 and len(case.data) > at + 24:
            size = int.from_bytes(case.data[at + 4 : at + 8], "little")
            found.append(Case(case.name, case.data[at + 24 : at + size]))
    return found


def with_token(body: bytes, token: bytes) -> bytes:
    """Return a request with another authentication token in its header; as it is where it has none."""
    try:
        _, start = ua.node_id_at(body, 0)
        _, end = ua.node_id_at(body, start)
    except (KeyError, IndexError, struct.error):
        return body
    return body[:start] + token + body[end:]


def is_unfinished(data: bytes) -> bool:
    """Tell whether bytes end inside a chunk that a server must wait for."""
    at = 0
    while len(data) - at >= 8:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if size < 8 or size > 65_535:
            return False
        at += size
    return at != len(data)


# ---- a connection ----------------------------------------------------------------------------------------------------


class Line:
    """One connection, opened as far as a mode asks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.channel = 0
        self.token = 0
        self.sequence = 0
        self.session_token = b"\x00\x00"
        self.is_open = True

    @classmethod
    async def connect(cls, port: int) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def open(self) -> None:
        """Say hello and open a channel without security."""
        self.sequence = 1
        self._writer.write(ua.hello() + ua.open_channel(1, 1))
        await self._chunk()
        _, body = await self._chunk()
        self.channel, self.token = struct.unpack_from("<II", body, len(body) - 24)

    async def session(self) -> None:
        """Open a session that anyone may have."""
        await self.open()
        client = (
            ua.text("urn:raw") + ua.text("urn:raw") + b"\x00" + ua.u32(1) + ua.text(None) * 2 + ua.i32(-1)
        )
        create = client + ua.text(None) + ua.text("opc.tcp://localhost") + ua.text("raw") + ua.text(b"n" * 32)
        answer = await self._ask(ua.CREATE_SESSION, create + ua.text(None) + ua.f64(SESSION_MS) + ua.u32(0))
        _, after = ua.node_id_at(answer, 0)
        self.session_token, _ = ua.node_id_at(answer, after)
        signature = ua.text(None) * 2
        identity = ua.wrapped(321, ua.text("anonymous"))
        await self._ask(ua.ACTIVATE_SESSION, signature + ua.i32(-1) + ua.i32(-1) + identity + signature)

    def framed(self, body: bytes) -> bytes:
        """Return a request's body as the channel's next message."""
        self.sequence += 1
        return ua.chunk(b"MSGF", self.channel, self.token, self.sequence, self.sequence, body)

    async def _ask(self, service: int, body: bytes) -> bytes:
        self._writer.write(self.framed(ua.numeric(service) + ua.header(self.session_token) + body))
        parts = []
        while True:
            kind, chunk = await self._chunk()
            parts.append(chunk[16:])
            if kind[3:] == b"F":
                break
        answer = ua.parse(self.sequence, b"".join(parts))
        if answer.result & 0x80000000:
            raise ua.FaultError(answer.result)
        return answer.body

    async def _chunk(self) -> tuple[bytes, bytes]:
        async with asyncio.timeout(SETUP_S):
            head = await self._reader.readexactly(8)
            body = await self._reader.readexactly(int.from_bytes(head[4:], "little") - 8)
        if head[:4] == b"ERRF":
            raise ua.ClosedError(int.from_bytes(body[:4], "little"))
        return head[:4], body

    async def play(self, data: bytes) -> Outcome:
        """Send bytes and wait for whatever comes: a chunk, an error message, the end of the connection, or nothing."""
        try:
            self._writer.write(data)
            async with asyncio.timeout(PATIENCE_S):
                head = await self._reader.readexactly(8)
                await self._reader.readexactly(int.from_bytes(head[4:], "little") - 8)
        except TimeoutError:
            return Outcome.UNFINISHED if is_unfinished(data) else Outcome.SILENT
        except (asyncio.IncompleteReadError, ConnectionError):
            self.is_open = False
            return Outcome.CLOSED
        if head[:4] == b"ERRF":
            self.is_open = False
            return Outcome.CLOSED
        return Outcome.ANSWERED

    async def leave(self) -> None:
        """Close the session, if there is one, and the connection."""
        if self.is_open and self.session_token != b"\x00\x00":
            with contextlib.suppress(
                ua.FaultError,
                ua.ClosedError,
                TimeoutError,
                asyncio.IncompleteReadError,
                ConnectionError,
                struct.error,
            ):
                await self._ask(ua.CLOSE_SESSION, b"\x01")
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()


# ---- runs ------------------------------------------------------------------------------------------------------------


async def play_each(port: int, cases: Iterable[Case], *, opened: bool) -> Tally:
    """Play each case on a connection of its own, bare or after Hello and OpenSecureChannel."""
    tally, turn = Tally(), asyncio.Semaphore(LINES)

    async def one(case: Case) -> None:
        async with turn:
            line = await Line.connect(port)
            if opened:
                await line.open()
            tally.add(case.name, await line.play(case.data))
            await line.leave()

    async with asyncio.TaskGroup() as tasks:
        for case in cases:
            tasks.create_task(one(case))
    return tally


Frame = Callable[[Line, Case], bytes]


def as_request(line: Line, case: Case) -> bytes:
    """Frame a case as the session's own next request."""
    framed = line.framed(with_token(case.data, line.session_token))
    return framed if not case.spoil else spoiled(framed, random.Random(case.spoil))


def spoiled(framed: bytes, chance: random.Random) -> bytes:
    """Return a message whose frame says what none may say: a type, a size, a channel, a token or a number."""
    at, values = chance.choice(_FRAME_FIELDS)
    value = chance.choice(values)
    if isinstance(value, int):
        value = ua.u32(value)
    return framed[:at] + value + framed[at + len(value) :]


_NUMBERS = (0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 77)
_FRAME_FIELDS: list[tuple[int, tuple[bytes | int, ...]]] = [
    (0, (b"HEL", b"ACK", b"ERR", b"RHE", b"CLO", b"XXX", b"\0\0\0")),
    (3, (b"X", b"\0", b"f")),
    (4, (0, 7, 11, 23, 65_536, 0x7FFFFFFF, 0xFFFFFFFF)),
    (8, _NUMBERS),
    (12, _NUMBERS),
    (16, _NUMBERS),
]


async def play_in_sessions(port: int, cases: Sequence[Case], frame: Frame = as_request) -> Tally:
    """Play cases one after another over a few sessions; a session that is closed makes room for a new one."""
    tally = Tally()
    waiting = iter(cases)

    async def work() -> None:
        line: Line | None = None
        for case in waiting:
            if line is None:
                line = await _session(port)
            tally.add(case.name, await line.play(frame(line, case)))
            if not line.is_open or _spoils(case) or tally.silent[-1:] == [case.name]:
                await line.leave()
                line = None
        if line is not None:
            await line.leave()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(LINES):
            tasks.create_task(work())
    return tally


async def _session(port: int) -> Line:
    for attempt in range(20):
        line = await Line.connect(port)
        try:
            await line.session()
        except (ua.FaultError, ua.ClosedError, asyncio.IncompleteReadError, ConnectionError):
            await line.leave()
            await asyncio.sleep(0.05 * attempt)
        else:
            return line
    raise AssertionError("no session could be opened")


_KEEPERS = (ua.PUBLISH, ua.CREATE_SESSION, ua.ACTIVATE_SESSION, ua.CLOSE_SESSION)


def _spoils(case: Case) -> bool:
    """Tell whether answers may come to later cases that are this one's: a Publish waits, a session may have changed hands."""
    try:
        type_id, _ = ua.node_id_at(case.data, 0)
    except (KeyError, IndexError, struct.error):
        return False
    number = int.from_bytes(type_id[2:] if type_id[0] & 0x3F == 1 else type_id[3:], "little")
    return number in _KEEPERS


async def session_count(port: int) -> int:
    """Return how many sessions the server says it has; -1 where it does not say."""
    line = await Line.connect(port)
    try:
        await line.session()
        answer = await line._ask(ua.READ, ua.read_body([ua.numeric(2277)]))
        mask, kind = answer[4], answer[5]
        return int.from_bytes(answer[6:10], "little") if mask & 1 and kind == 7 else -1
    finally:
        await line.leave()


@contextlib.asynccontextmanager
async def counted_sessions(port: int, within_s: float = 30.0) -> AsyncIterator[None]:
    """Hold that a run leaves no more sessions than it found, once theirs have run out."""
    before = await session_count(port)
    yield
    deadline = asyncio.get_running_loop().time() + within_s
    while (after := await session_count(port)) > before:
        assert asyncio.get_running_loop().time() < deadline, f"{before} sessions before, {after} after"
        await asyncio.sleep(0.25)
