"""Status codes, typed as the library's own constants are not."""

from typing import cast

from asyncua import ua

GOOD = ua.StatusCode()


def status(code: int) -> ua.StatusCode:
    """Return a status code object of one of `ua.StatusCodes`' numbers."""
    return ua.StatusCode(cast("ua.UInt32", code))
