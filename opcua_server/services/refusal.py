"""A connection that is ended, with the reason that the client is told."""

from asyncua import ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.uacrypto import InvalidSignature
from asyncua.ua.ua_binary import uatcp_to_binary

from opcua_server.services.status import status

_MAX_REASON = 200  # characters of our own words; a stranger's bytes never come back


class RefusalError(Exception):
    """Whoever is at the other end broke the protocol or is past a bound: the connection ends with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code

    def message(self) -> bytes:
        """Return the ERR message of OPC 10000-6, 7.1.2.5."""
        error = ua.ErrorMessage(status(self.code), str(self)[:_MAX_REASON])
        return bytes(uatcp_to_binary(ua.MessageType.Error, error))


def refusal_of(problem: Exception) -> RefusalError:
    """Return what the client is told of a problem with its bytes; nothing of the problem's own words."""
    if isinstance(problem, RefusalError):
        return problem
    if isinstance(problem, (ServiceError, ua.uaerrors.UaStatusCodeError)):
        return RefusalError(problem.code, ua.StatusCode(problem.code).doc)
    if isinstance(problem, InvalidSignature):
        return RefusalError(
            ua.StatusCodes.BadSecurityChecksFailed, "The security of the message could not be verified."
        )
    return RefusalError(ua.StatusCodes.BadDecodingError, "The message cannot be read.")
