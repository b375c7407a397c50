"""Put the bounded decoders and encoders in asyncua's place, and prove that they are there before anyone is served."""

import functools
import inspect
import struct
import time
from collections.abc import Callable
from typing import Any, Final

from asyncua import ua
from asyncua.common.utils import Buffer
from asyncua.ua import ua_binary
from asyncua.ua.uaerrors import BadDecodingError, BadEncodingLimitsExceeded, BadResponseTooLarge

from opcua_server.wire import decoding, encoding

# What we stand in for or lean on, and the parameters that it was read with.
NAMES: Final[dict[str, str]] = {
    "_create_dataclass_deserializer": "objtype",
    "_create_type_deserializer": "uatype, dataclazz",
    "_create_uatype_deserializer": "vtype",
    "_create_uatype_array_deserializer": "vtype",
    "_create_list_deserializer": "uatype",
    "_reshape": "flat, dims",
    "create_dataclass_serializer": "dataclazz",
    "create_type_serializer": "uatype",
    "create_uatype_serializer": "vtype",
    "create_uatype_array_serializer": "vtype",
    "create_list_serializer": "uatype",
    "variant_from_binary": "data",
    "extensionobject_from_binary": "data",
    "nodeid_from_binary": "data",
    "struct_from_binary": "objtype, data",
    "struct_to_binary": "obj",
    "get_string_encoding": "",
    "_Bytes.pack": "data",
    "_Bytes.unpack": "data",
    "_String.pack": "string",
    "_String.unpack": "data",
    "_Primitive1.pack_array": "self, data",
    "_Primitive1.unpack_array": "self, data, length",
}
_SELF_TEST_S: Final = (
    1.0  # the self-test's bombs together; unhardened the first alone takes longer than anyone waits
)
_CACHED = [name for name in NAMES if name.startswith(("_create", "create"))]


class HardeningError(Exception):
    """asyncua is not the library we harden; the message is one sentence for a person."""


def harden(limits: decoding.DecodeLimits | None = None) -> None:
    """Replace what asyncua decodes and encodes without bounds, in this process; a second time changes only the bounds.

    Raises:
        HardeningError: A name is gone, or a remedy does not bite.
    """
    if limits is not None:
        decoding.set_limits(limits)
    if getattr(ua_binary, "_andon_hardened", False):
        return
    _check_names()
    _replace()
    _check_remedies()


# ---- replacing -------------------------------------------------------------------------------------------------------


def _replace() -> None:
    module: Any = ua_binary
    of_structure = module._create_dataclass_deserializer.__wrapped__

    def structure_decoder(objtype: type | str) -> Callable[[Any], Any]:
        named = getattr(ua, objtype) if isinstance(objtype, str) else objtype
        return decoding.guarded(named, of_structure(objtype))

    module._create_dataclass_deserializer = functools.cache(structure_decoder)
    module._create_uatype_array_deserializer = decoding.array_decoder
    module._create_list_deserializer = decoding.list_decoder
    module.variant_from_binary = decoding.variant_from_binary
    module.extensionobject_from_binary = decoding.extensionobject_from_binary
    module._Bytes.unpack = staticmethod(decoding.unpack_bytes)
    module._String.unpack = staticmethod(decoding.unpack_string)
    module._Bytes.pack = staticmethod(encoding.pack_bytes)
    pack_array = module._Primitive1.pack_array
    module._Primitive1.pack_array = lambda self, data: encoding.spend(pack_array(self, data))
    for name in _CACHED:
        getattr(module, name).cache_clear()  # decoders made before hold what was replaced
    module._andon_hardened = True


# ---- the self-test ---------------------------------------------------------------------------------------------------


def _check_names() -> None:
    for name, parameters in NAMES.items():
        found: Any = ua_binary
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is None:
            raise HardeningError(f"asyncua has no ua_binary.{name} any more, so nothing is served.")
        if ", ".join(inspect.signature(found).parameters) != parameters:
            raise HardeningError(
                f"asyncua's ua_binary.{name} takes other arguments now, so nothing is served."
            )
        if name in _CACHED and not hasattr(found, "cache_clear"):
            raise HardeningError(f"asyncua's ua_binary.{name} keeps no cache any more, so nothing is served.")


def _check_remedies() -> None:
    began = time.perf_counter()
    for what, data, refusal in _bombs():
        try:
            ua_binary.struct_from_binary(ua.DataValue, Buffer(data))
        except refusal:
            continue
        except Exception as problem:
            raise HardeningError(f"asyncua meets {what} with {problem!r}, so nothing is served.") from problem
        raise HardeningError(f"asyncua takes {what}, so nothing is served.")
    try:
        encoding.encode_bounded(ua.DataValue(ua.Variant(b"x" * 100)), 50)
    except BadResponseTooLarge:
        pass
    else:
        raise HardeningError("asyncua encodes more than the bound, so nothing is served.")
    if time.perf_counter() - began > _SELF_TEST_S:
        raise HardeningError("asyncua's hardened decoders take too long, so nothing is served.")
    if ua_binary.struct_from_binary(
        ua.DataValue, Buffer(b"\x01\x86" + _I32(2) + _I32(7) + _I32(8))
    ).Value.Value != [7, 8]:
        raise HardeningError("asyncua's hardened decoders misread an array, so nothing is served.")


_I32 = struct.Struct("<i").pack


def _bombs() -> list[tuple[str, bytes, type[Exception]]]:
    """Return DataValues that no decoder may take, each with what it must say; small ones: they may go off here."""
    most = 2**31 - 1
    too_deep = decoding.limits().depth + 1
    literal = b"\x02\x00\x00" + struct.pack("<I", ua.ObjectIds.LiteralOperand_Encoding_DefaultBinary)
    nested = b"\x00"
    for _ in range(too_deep):
        body = b"\x16" + literal + b"\x01" + _I32(len(nested)) + nested
        nested = body
    return [
        ("a thousand nulls", b"\x01\x80" + _I32(1000), BadDecodingError),
        ("an array longer than its message", b"\x01\x8c" + _I32(most), BadDecodingError),
        ("more numbers than its message holds", b"\x01\x8b" + _I32(most), BadEncodingLimitsExceeded),
        ("a string of negative length", b"\x01\x0c" + _I32(-2), BadDecodingError),
        ("text that is no UTF-8", b"\x01\x0c" + _I32(1) + b"\xff", BadDecodingError),
        (
            "dimensions that its array does not have",
            b"\x01\xc1" + _I32(0) + _I32(1) + _I32(1000),
            BadDecodingError,
        ),
        ("Variants nested past the bound", b"\x01" + b"\x18" * too_deep + b"\x00", BadEncodingLimitsExceeded),
        ("structures nested past the bound", b"\x01" + nested, BadEncodingLimitsExceeded),
    ]
