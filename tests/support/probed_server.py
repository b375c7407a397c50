"""`python -m tests.support.probed_server …`: the server, and its loop's long steps noted (see `loop_probe`)."""

import runpy
import sys
from pathlib import Path

from tests.support.loop_probe import install


def serve(program: str) -> None:
    """Run a server's module with its loop watched; the options are the process's own."""
    install(Path(sys.argv[sys.argv.index("--state") + 1]))
    runpy.run_module(program, run_name="__main__")


if __name__ == "__main__":
    serve("opcua_server")
