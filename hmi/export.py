"""Write a running server's journal to a file or to standard output."""

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from hmi.link.errors import LinkError
from hmi.link.journal import export_from


def export_online(options: argparse.Namespace) -> int:
    """Carry out `andon journal export --url …`; returns the exit status."""
    logging.disable(logging.WARNING)  # one sentence below says all there is to say
    try:
        content = asyncio.run(export_from(options.url, options.start, options.end, options.format))
        if options.out:
            Path(options.out).write_bytes(content)
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
    except LinkError as error:
        sys.stderr.write(f"andon: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"andon: {options.out or 'standard output'} cannot be written: {error.strerror}.\n")
        return 1
    finally:
        logging.disable(logging.NOTSET)
    return 0
