"""Run the command line: `python -m hmi …` is `andon …`."""

import sys

from hmi.cli import main

if __name__ == "__main__":
    sys.exit(main())
