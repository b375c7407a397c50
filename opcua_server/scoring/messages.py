"""Messages between the server and its scoring worker: a JSON header, then raw columns.

Layout, little-endian: total length (4 bytes), header length (4 bytes), header, arrays back to back. The header's `arrays`
lists name, dtype and shape. No pickles: neither side can make the other run code.
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LENGTHS = struct.Struct("<II")
PREFIX = 4
MAX_MESSAGE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: what it is, its plain fields, its columns."""

    kind: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def pack(message: Message) -> bytes:
    """Return a message as bytes, its length first."""
    arrays = {name: np.ascontiguousarray(array) for name, array in message.arrays.items()}
    described = [[name, array.dtype.str, list(array.shape)] for name, array in arrays.items()]
    header = json.dumps({"kind": message.kind, "fields": message.fields, "arrays": described}).encode()
    body = b"".join(array.tobytes() for array in arrays.values())
    return _LENGTHS.pack(PREFIX + len(header) + len(body), len(header)) + header + body


def unpack(payload: bytes) -> Message:
    """Return the message in `payload`, which is what follows the total length."""
    (header_length,) = struct.unpack_from("<I", payload)
    start = PREFIX + header_length
    header = json.loads(payload[PREFIX:start])
    arrays: dict[str, NDArray[Any]] = {}
    for name, dtype, shape in header["arrays"]:
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(payload, dtype=dtype, count=count, offset=start).reshape(shape)
        start += arrays[name].nbytes
    return Message(kind=header["kind"], fields=header["fields"], arrays=arrays)


def length_of(prefix: bytes) -> int:
    """Return how many bytes follow the total length.

    Raises:
        ValueError: The stream is not ours.
    """
    length: int = struct.unpack("<I", prefix)[0]
    if not PREFIX < length <= MAX_MESSAGE:
        raise ValueError(f"a message of {length} bytes: the bound is {MAX_MESSAGE}")
    return length
