"""`python -m opcua_server`: run the server, or export its journal."""

import gc

gc.disable()  # thousands of nodes are about to be made; the collector is set up again once they are

import signal  # noqa: E402
import sys  # noqa: E402

# Until the loop takes signals over, Ctrl-C ends us at once, without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from opcua_server.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
