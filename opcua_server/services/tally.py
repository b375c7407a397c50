"""How often each service was asked for, and how often refused: what the diagnostics tell (OPC 10000-5, 12.9 and 12.12)."""

from typing import Final

from asyncua import ua

_ID = ua.ObjectIds
_S = ua.StatusCodes
_SESSION_REQUESTS: Final = frozenset(
    (_ID.CreateSessionRequest_Encoding_DefaultBinary, _ID.ActivateSessionRequest_Encoding_DefaultBinary)
)
# Refusals for want of rights, of trust, or of a proof of either.
SECURITY: Final = frozenset(
    (
        _S.BadUserAccessDenied,
        _S.BadIdentityTokenInvalid,
        _S.BadIdentityTokenRejected,
        _S.BadIdentityChangeNotSupported,
        _S.BadSecurityPolicyRejected,
        _S.BadSecurityModeInsufficient,
        _S.BadSecurityModeRejected,
        _S.BadSecurityChecksFailed,
        _S.BadCertificateInvalid,
        _S.BadCertificateUriInvalid,
        _S.BadCertificateUntrusted,
        _S.BadApplicationSignatureInvalid,
        _S.BadUserSignatureInvalid,
        _S.BadNonceInvalid,
        _S.BadSessionIdInvalid,
        _S.BadSessionNotActivated,
    )
)


class SessionTally:
    """The requests of one session, by the number of their binary encoding."""

    def __init__(self) -> None:
        self.unauthorized = 0
        self._total: dict[int, int] = {}
        self._errors: dict[int, int] = {}

    def note(self, kind: int, code: int) -> None:
        """Count a request and what became of it."""
        self._total[kind] = self._total.get(kind, 0) + 1
        if code:
            self._errors[kind] = self._errors.get(kind, 0) + 1
            self.unauthorized += code == _S.BadUserAccessDenied

    def of(self, service: str) -> ua.ServiceCounterDataType:
        """Return the count of one service: `Read`, `CreateMonitoredItems`."""
        kind = getattr(_ID, f"{service}Request_Encoding_DefaultBinary")
        return ua.ServiceCounterDataType(
            TotalCount=self._total.get(kind, 0), ErrorCount=self._errors.get(kind, 0)
        )

    def of_all(self) -> ua.ServiceCounterDataType:
        """Return the count of all services together."""
        return ua.ServiceCounterDataType(
            TotalCount=sum(self._total.values()), ErrorCount=sum(self._errors.values())
        )


class ServerTally:
    """What the server has refused since it started, whoever asked."""

    def __init__(self) -> None:
        self.requests = 0
        self.requests_for_security = 0
        self.sessions = 0  # requests to create or to activate one, which are requests too
        self.sessions_for_security = 0

    def note(self, session: SessionTally | None, kind: int, code: int) -> None:
        """Count a request that was answered; `code` is its service result, 0 where that is good."""
        if session is not None:
            session.note(kind, code)
        if not code:
            return
        is_for_security = code in SECURITY
        self.requests += 1
        self.requests_for_security += is_for_security
        if kind in _SESSION_REQUESTS:
            self.sessions += 1
            self.sessions_for_security += is_for_security
