"""`andon nodeset …`: a user's own models into the server, the server's model out to others."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from opcua_server.model.nodeset_file import NodesetError, read_nodeset
from opcua_server.statedir import default_state_dir
from plant.definition import DefinitionError


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.getLogger("asyncua").setLevel(logging.CRITICAL)  # what is wrong is said below, in one sentence
    state = options.state or default_state_dir()
    try:
        if options.command == "add":
            return asyncio.run(_add(options.file, state, options.plant))
        if options.command == "export":
            return asyncio.run(_export(options.file, options.plant))
        return _list(state) if options.command == "list" else _remove(state, options.name)
    except (NodesetError, DefinitionError) as problem:
        return _complain(str(problem))
    except OSError as problem:
        return _complain(f"{problem.filename or options.command}: {problem.strerror}.")


async def _add(path: Path, state: Path, plant: Path | None) -> int:
    from opcua_server.nodesets import check_namespaces, keep, kept, load  # noqa: PLC0415  # not for a wrong option
    from opcua_server.scratch import scratch_server  # noqa: PLC0415

    file = read_nodeset(path)
    others = kept(state)
    async with scratch_server(plant) as scratch:
        check_namespaces(file, others, scratch.ns.plant_uri)
        for other in others:
            await load(scratch.server, scratch.inner, other)
        count = await load(scratch.server, scratch.inner, file)
    copy = keep(file, state, [other.path.name for other in others])
    sys.stdout.write(f"Added {count} nodes in {', '.join(sorted(file.brings))} as {copy.name}. ")
    sys.stdout.write("The server has them from its next start.\n")
    return 0


async def _export(path: Path, plant: Path | None) -> int:
    from opcua_server.model.nodeset_export import write_nodeset  # noqa: PLC0415
    from opcua_server.scratch import scratch_server  # noqa: PLC0415

    async with scratch_server(plant) as scratch:
        count = write_nodeset(scratch.inner.aspace, scratch.ns, path)
    sys.stdout.write(f"Wrote {count} nodes to {path}.\n")
    return 0


def _list(state: Path) -> int:
    from opcua_server.nodesets import kept  # noqa: PLC0415

    for file in kept(state):
        sys.stdout.write(f"{file.path.name}  {len(file.nodes)} nodes  {', '.join(sorted(file.brings))}\n")
    return 0


def _remove(state: Path, name: str) -> int:
    from opcua_server.nodesets import folder  # noqa: PLC0415

    path = folder(state) / name
    if Path(name).name != name or not path.is_file():
        return _complain(f"There is no {name}: `andon nodeset list` shows what there is.")
    path.unlink()
    sys.stdout.write(f"Removed {name}. The server is without it from its next start.\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="andon nodeset",
        description="Load your own model beside the plant's, or write the plant's model out, as NodeSet2 XML.",
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    add = commands.add_parser("add", help="check a NodeSet2 file and load it from the next start on")
    add.add_argument("file", type=Path)
    export = commands.add_parser("export", help="write the plant's types and instances to a NodeSet2 file")
    export.add_argument("file", type=Path)
    remove = commands.add_parser("remove", help="load a file no more")
    remove.add_argument("name", help="as `list` shows it")
    listing = commands.add_parser("list", help="show the files that were added")
    for command in (add, remove, listing, export):
        command.add_argument(
            "--state", type=Path, metavar="DIR", help="state directory (default: the user's)"
        )
    for command in (add, export):
        command.add_argument(
            "--plant", type=Path, metavar="FILE", help="plant definition (TOML); default: the shipped factory"
        )
    return parser


def _complain(sentence: str) -> int:
    sys.stderr.write(f"andon nodeset: {sentence}\n")
    return 1
