"""The errors of the link, in words an operator can read."""


class LinkError(Exception):
    """Something on the way to the server failed; `str()` is a plain English sentence."""


class NoConnectionError(LinkError):
    """There is no session to speak over."""

    def __init__(self, message: str = "There is no connection to the server.") -> None:
        super().__init__(message)


class RefusedError(LinkError):
    """The server answered no.

    Attributes:
        status: The OPC UA status code it gave.
        has_own_words: Whether the sentence is the server's own, not ours for the status.
    """

    def __init__(self, message: str, status: int, *, has_own_words: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.has_own_words = has_own_words
