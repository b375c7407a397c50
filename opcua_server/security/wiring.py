"""Give a server its certificate, its trust list and its console's account, before it listens."""

import logging
import shlex
from datetime import UTC, datetime
from pathlib import Path

from opcua_server.security.certificates import RENEW_COMMAND, OwnFiles, load_or_make, reasons_to_renew
from opcua_server.security.station import Station
from opcua_server.security.trust import TrustList
from opcua_server.services.internal import AndonInternalServer
from opcua_server.settings import Settings
from opcua_server.statedir import default_state_dir

_log = logging.getLogger(__name__)


def secure(inner: AndonInternalServer, settings: Settings, pki: Path, application_uri: str) -> None:
    """Prepare everything that secure channels need; at the first start it makes a key, which takes half a second.

    Raises:
        CertificateFileError: The certificate cannot be read or kept.
    """
    own = load_or_make(OwnFiles(pki), application_uri, [settings.host])
    for reason in reasons_to_renew(own.certificate, datetime.now(UTC)):
        _log.warning("%s `%s` makes a new one; clients must then trust it anew.", reason, RENEW_COMMAND)
    is_default = settings.state.resolve() == default_state_dir().resolve()
    trust = TrustList(
        pki, where="" if is_default else f" --state {shlex.quote(str(settings.state.resolve()))}"
    )
    trust.prepare()
    if settings.console is not None:
        station = Station(settings.console)
        trust.stations = [station.certificate]
        inner.sessions.station = station
    inner.application_uri = application_uri
    inner.own_certificate = own
    inner.trust = trust
    inner.sessions.offer_none = settings.is_none_offered
