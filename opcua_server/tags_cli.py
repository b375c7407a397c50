"""`andon tags export`: the list of all tags, of a plant's definition or of a running server."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from opcua_server.statedir import default_state_dir
from plant.definition import DefinitionError


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what is wrong is said below, in one sentence
    from asyncua import ua  # noqa: PLC0415  # not for a wrong option

    from opcua_server.tags_export import as_csv  # noqa: PLC0415

    try:
        found = asyncio.run(
            _of_server(options.url) if options.url else _of_plant(options.plant, options.state)
        )
    except DefinitionError as problem:
        return _complain(str(problem))
    except (OSError, TimeoutError, ua.UaError) as problem:
        return _complain(
            f"{options.url} does not answer as an OPC UA server does: {problem or type(problem).__name__}."
        )
    try:
        if options.out is None:
            sys.stdout.buffer.write(as_csv(found).encode("utf-8"))
            sys.stdout.flush()
        else:
            options.out.write_text(as_csv(found), encoding="utf-8", newline="")
    except BrokenPipeError:
        return 0  # whoever read has read enough
    except OSError as problem:
        return _complain(f"{options.out}: {problem.strerror}.")
    return 0


async def _of_plant(plant: Path | None, state: Path | None) -> list[dict[str, object]]:
    from opcua_server.nodesets import load_all  # noqa: PLC0415
    from opcua_server.scratch import scratch_server  # noqa: PLC0415
    from opcua_server.tags_export import rows  # noqa: PLC0415

    async with scratch_server(plant) as scratch:
        await load_all(scratch.server, scratch.inner, state or default_state_dir(), scratch.ns.plant_uri)
        return await rows(scratch.inner.isession)


async def _of_server(url: str) -> list[dict[str, object]]:
    from asyncua import Client  # noqa: PLC0415

    from opcua_server.tags_export import rows  # noqa: PLC0415

    client = Client(url, timeout=10)
    client.name = "Andon tag list"
    client.session_timeout = 60_000
    async with client:
        return await rows(client.uaclient.session)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="andon tags", description="Write the list of all tags as a table.")
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    export = commands.add_parser(
        "export",
        help="NodeId, browse path, type, unit, range, limits, description, who may write it: a row a tag",
        description="Write one row a tag. Without --url the plant's definition is read, and no server is needed.",
    )
    export.add_argument("--format", choices=("csv",), default="csv")
    export.add_argument("--url", help="a running server, opc.tcp://host:port")
    export.add_argument(
        "--plant", type=Path, metavar="FILE", help="plant definition (TOML); default: the shipped factory"
    )
    export.add_argument(
        "--state", type=Path, metavar="DIR", help="state directory, for models that were added"
    )
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write (default: standard output)")
    return parser


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon tags export: {sentence}\n")
    return 1
