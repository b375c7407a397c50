"""Lists of operations in and lists of results out, counted before they are decoded and encoded piece by piece."""

import struct
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, TypeVar

from asyncua import ua
from asyncua.common.utils import Buffer, ServiceError
from asyncua.ua.ua_binary import struct_to_binary

from opcua_server.services.table import Request
from opcua_server.services.work import Job

_T = TypeVar("_T")
_LENGTH = struct.Struct("<i")


async def operations(body: Buffer, decode: Callable[[Buffer], _T], most: int, job: Job) -> AsyncIterator[_T]:
    """Decode a request's list of operations.

    Raises:
        ServiceError: BadNothingToDo for none, BadTooManyOperations for more than `most`; nothing is decoded then.
    """
    for _ in range(count(body, most)):
        yield decode(body)
        await job.pause()


def count(body: Buffer, most: int) -> int:
    """Return how many operations follow, or raise as `operations` does."""
    number = int(_LENGTH.unpack(body.read(_LENGTH.size))[0])
    check_count(number, most)
    return number


def check_count(number: int, most: int) -> None:
    """Refuse a request of no or too many operations (OPC 10000-4, 7.38.2).

    Raises:
        ServiceError: BadNothingToDo or BadTooManyOperations.
    """
    if number <= 0:
        raise ServiceError(ua.StatusCodes.BadNothingToDo)
    if number > most:
        raise ServiceError(ua.StatusCodes.BadTooManyOperations)


def send_results(request: Request, response: Any, results: Sequence[bytes]) -> None:
    """Send a response whose `Results` are encoded already; it ends with `Results` and `DiagnosticInfos`, both empty."""
    response.ResponseHeader.RequestHandle = request.header.RequestHandle
    empty = struct_to_binary(response)
    head, diagnostics = empty[: -2 * _LENGTH.size], empty[-_LENGTH.size :]
    request.processor.send_encoded(
        request, b"".join((head, _LENGTH.pack(len(results)), *results, diagnostics))
    )
