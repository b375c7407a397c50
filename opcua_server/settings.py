"""What a server is told when it starts."""

from dataclasses import dataclass
from pathlib import Path

from opcua_server.security.guests import is_loopback
from opcua_server.security.identity import LOOPBACK_ROLES, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of one server run."""

    plant: Path
    state: Path
    recordings: Path | None = None
    test_rig: bool = False  # add the recorded test rig to the plant
    host: str = "127.0.0.1"
    port: int = 4840  # 0 takes a free one
    offer_none: bool | None = None  # sessions without security; None: on loopback alone
    console: Path | None = None  # where this user's console keeps its account and certificate
    speed: float = 1.0  # simulated seconds a second
    seed: int | None = None
    devices: int | None = None  # scale the plant to so many machines
    scenario: str | None = None  # a name or a file
    truth: Path | None = None  # the ground truth is kept there
    exit_with_parent: bool = False  # end when standard input closes
    bundle: Path | None = None  # trained detectors; None means the shipped ones
    energy_price_eur_kwh: float = 0.22
    # What an unnamed session on this machine may do; from elsewhere it gets Anonymous alone.
    anonymous_roles: frozenset[Role] = LOOPBACK_ROLES

    @property
    def is_none_offered(self) -> bool:
        """Whether a session may live on a channel without security."""
        return is_loopback(self.host) if self.offer_none is None else self.offer_none
