"""The results of one request as they are encoded, no more of them than its client takes."""

from asyncua import ua
from asyncua.common.utils import ServiceError

from opcua_server.services.table import Request


class Results(list[bytes]):
    """A list of encoded results that ends the request when it grows too long, instead of being thrown away at its end.

    A thousand large values in one Read would otherwise be encoded first and refused then, in one long step.
    """

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._left = request.processor.max_response

    def add(self, result: bytes) -> None:
        """Append one result.

        Raises:
            ServiceError: BadResponseTooLarge; nothing more need be looked at.
        """
        self._left -= len(result)
        if self._left < 0:
            raise ServiceError(ua.StatusCodes.BadResponseTooLarge)
        self.append(result)
