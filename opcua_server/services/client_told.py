"""What a client said of itself when it created its session, cut to what the diagnostics show of it."""

from dataclasses import dataclass, field
from typing import Final

from asyncua import ua

_MAX_TEXT: Final = 256  # characters; what is longer is a stranger's way to fill the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTold:
    """A client's own words: nothing of it is verified."""

    description: ua.ApplicationDescription = field(default_factory=ua.ApplicationDescription)
    server_uri: str = ""
    endpoint_url: str = ""
    max_response_bytes: int = 0

    @classmethod
    def of(cls, asked: ua.CreateSessionParameters) -> "ClientTold":
        """Return what is kept of a request."""
        told = asked.ClientDescription
        return cls(
            description=ua.ApplicationDescription(
                ApplicationUri=_short(told.ApplicationUri),
                ProductUri=_short(told.ProductUri),
                ApplicationName=ua.LocalizedText(_short(told.ApplicationName.Text)),
                ApplicationType=told.ApplicationType,
            ),
            server_uri=_short(asked.ServerUri),
            endpoint_url=_short(asked.EndpointUrl),
            max_response_bytes=int(asked.MaxResponseMessageSize or 0),
        )


def _short(text: object) -> str:
    return str(text or "")[:_MAX_TEXT]
