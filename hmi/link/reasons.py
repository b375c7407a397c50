"""Say in plain English why the server refused or why nothing came back."""

import asyncio

from asyncua import ua

from hmi.link.errors import LinkError, RefusedError

_CODES = ua.StatusCodes
SENTENCES = {
    _CODES.BadInvalidState: "The device is stopped by e-stop: reset it first.",
    _CODES.BadOutOfRange: "The value is outside the permitted range.",
    _CODES.BadTypeMismatch: "The value is of the wrong kind.",
    _CODES.BadNotWritable: "This value can only be read.",
    _CODES.BadUserAccessDenied: "You do not have the right to do this.",
    _CODES.BadIdentityTokenRejected: "The server does not accept this user or password.",
    _CODES.BadIdentityTokenInvalid: "The server does not accept this way of logging in.",
    _CODES.BadTimeout: "The command reached the server too late and was not carried out.",
    _CODES.BadNodeIdUnknown: "The server does not know this device or value.",
    _CODES.BadNodeIdInvalid: "The server does not know this device or value.",
    _CODES.BadMethodInvalid: "The device does not know this command.",
    _CODES.BadNotSupported: "The device cannot do this.",
    _CODES.BadNotImplemented: "The server does not offer this.",
    _CODES.BadServiceUnsupported: "The server does not offer this.",
    _CODES.BadNothingToDo: "The server does not offer this.",
    _CODES.BadInvalidArgument: "The server does not accept one of the values given.",
    _CODES.BadArgumentsMissing: "The server expects more values than were given.",
    _CODES.BadTooManyArguments: "The server expects fewer values than were given.",
    _CODES.BadEventIdUnknown: "The alarm has changed since: look at it again before acknowledging.",
    _CODES.BadConditionBranchAlreadyAcked: "The alarm is already acknowledged.",
    _CODES.BadNoCommunication: "The server has no communication with the device.",
    _CODES.BadDeviceFailure: "The device reports a failure.",
    _CODES.BadTooManyOperations: "The server was asked for too much at once.",
    _CODES.BadTooManySessions: "The server accepts no more connections.",
    _CODES.BadSessionIdInvalid: "The server has closed the connection.",
    _CODES.BadSessionClosed: "The server has closed the connection.",
    _CODES.BadSecureChannelIdInvalid: "The server has closed the connection.",
    _CODES.BadSecureChannelClosed: "The server has closed the connection.",
    _CODES.BadConnectionClosed: "The server has closed the connection.",
    _CODES.BadServerHalted: "The server is shutting down.",
    _CODES.BadShutdown: "The server is shutting down.",
    _CODES.BadInternalError: "The server failed inside: its log says more.",
    _CODES.BadUnexpectedError: "The server failed inside: its log says more.",
    _CODES.BadCertificateUntrusted: "The server does not trust this console's certificate.",
    _CODES.BadSecurityChecksFailed: "The server refused the secure connection.",
    _CODES.BadSecurityPolicyRejected: "The server does not accept this kind of security.",
}


LOGIN_SENTENCES = {
    _CODES.BadUserAccessDenied: "The user name or the password is wrong.",
    _CODES.BadServerTooBusy: "Too many logins have failed: wait a minute and try again.",
}


def sentence(status: int) -> str:
    """Return what a status code means to an operator; the code's name where no sentence exists."""
    if status in SENTENCES:
        return SENTENCES[status]
    return f"The server refused with {code_name(status)}."


def login_problem(error: BaseException) -> str:
    """Return why somebody could not log in."""
    status = error.status if isinstance(error, RefusedError) else 0
    return LOGIN_SENTENCES.get(status) or why(error)


def code_name(status: int) -> str:
    """Return the name of a status code, "BadOutOfRange", or its number where it has none."""
    name = str(ua.StatusCode(status).name)
    return name if name and name != "UNKNOWN" else f"status 0x{status:08X}"


def why(error: BaseException) -> str:
    """Return the plain reason behind an error of a call to the server."""
    if isinstance(error, LinkError):
        return str(error)
    if isinstance(error, ua.UaStatusCodeError):
        return sentence(error.code)
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return "The server did not answer in time."
    if isinstance(error, ConnectionRefusedError):
        return "No server answers at this address."
    if isinstance(error, OSError):
        return "The connection to the server is broken."
    return f"The link failed: {error or type(error).__name__}."
