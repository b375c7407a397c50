"""Call the methods of an Andon plant: prediction, playback, fault injection, export."""

from collections.abc import Sequence
from typing import Any, Final

from asyncua import ua

from hmi.link import journal
from hmi.link.connection import Connection
from hmi.link.errors import LinkError

_PLAYBACK: Final = {"play": "Play", "pause": "Pause", "speed": "SetSpeed"}


async def predict(connection: Connection, readings: tuple[float, float, float, float]) -> object:
    """Return the server's judgement of one reading: {"score": float, "is_anomaly": bool, "reason": str}."""
    values = map(_double, readings)
    score, is_anomaly, reason = await call_plant(connection, "Plant/Predict", *values)
    return {"score": float(score), "is_anomaly": bool(is_anomaly), "reason": str(reason)}


async def call_plant(connection: Connection, path: str, *arguments: ua.Variant) -> list[Any]:
    """Call a method by its path in the plant.

    Raises:
        LinkError: The server is no Andon server, refuses, or does not answer.
    """
    method = connection.namespaces.of_plant(path)
    if method is None:
        raise LinkError("This server does not offer that.")
    owner = ua.NodeId(path.rpartition("/")[0], connection.namespaces.plant)
    return await connection.call(owner, method, *arguments)


async def export(connection: Connection, from_iso: str, to_iso: str, fmt: str, path: str) -> object:
    """Write the journal to a file: {"path": str, "bytes": int}."""
    size = await journal.export_to_file(connection, from_iso, to_iso, fmt, path)
    return {"path": path, "bytes": size}


async def playback(connection: Connection, device: str, action: str, value: float | None) -> None:
    """Play, pause or pace a replay device.

    Raises:
        LinkError: Unknown action, or the server refuses.
    """
    if action not in _PLAYBACK:
        raise LinkError(f"{action!r} is not an action of a recording: choose {', '.join(_PLAYBACK)}.")
    arguments = [_double(1.0 if value is None else value)] if action == "speed" else []
    await call_plant(connection, f"{device}/Playback/{_PLAYBACK[action]}", *arguments)


async def inject_fault(
    connection: Connection, device: str, fault: str, numbers: tuple[float, float, float]
) -> None:
    """Make a device develop a fault; `numbers` are severity (0..1), onset in s, life in s."""
    texts = [ua.Variant(text, ua.VariantType.String) for text in (device, fault)]
    await call_plant(connection, "Simulation/InjectFault", *texts, *map(_double, numbers))


async def clear_faults(connection: Connection, device: str) -> None:
    """Remove injected faults of a device, or all for ""."""
    await call_plant(connection, "Simulation/ClearFaults", ua.Variant(device, ua.VariantType.String))


async def simulate(
    connection: Connection, name: str, arguments: Sequence[str | float | bool]
) -> list[list[Any]]:
    """Call one of the trainer's methods; returns its outputs, each of them a list.

    Raises:
        LinkError: The server refuses, or does not answer.
    """
    found = await call_plant(connection, f"Simulation/{name}", *map(_variant, arguments))
    return [list(output or ()) for output in found]


def _variant(value: str | float | bool) -> ua.Variant:
    if isinstance(value, str):
        return ua.Variant(value, ua.VariantType.String)
    return ua.Variant(value, ua.VariantType.Boolean) if isinstance(value, bool) else _double(value)


def _double(value: float) -> ua.Variant:
    return ua.Variant(float(value), ua.VariantType.Double)
