"""Silence the library's client where a test wants what it complains of."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_asyncua() -> Iterator[None]:
    """Keep asyncua from logging for the length of a block; it calls refusals critical."""
    log = logging.getLogger("asyncua")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    logging.getLogger("asyncua.client.ua_client.UASocketProtocol").setLevel(logging.NOTSET)
    try:
        yield
    finally:
        log.setLevel(before)
