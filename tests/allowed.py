"""The one list of noises that a test may make, a reason a line."""

import re

ALLOWED_LOGS = [
    re.compile(
        r"Endpoints other than open requested but private key and certificate are not set"
    ),  # asyncua, None only
    # asyncua's server, half a minute after a test has cut a client off: its subscriptions end by their lifetime
    re.compile(r"^Subscription .* has expired, publish cycle count"),
    # asyncua's client, where it reads a server's last word before the end of the connection: tests of refusals provoke it
    re.compile(r"^Received an error: ErrorMessage\("),
]

ALLOWED_THREADS = [
    re.compile(r"^asyncio_\d+"),  # the event loop's own pool; ends with the loop
    re.compile(r"^ThreadPoolExecutor-"),  # same, under its older name
    re.compile(r"^pytest_timeout"),  # the runner's own watchdog
]
