"""Control the recordings that replay devices play."""

import math
from pathlib import Path

from plant.entities import DeviceDefinition
from plant.errors import DefinitionError, PlantError, Refusal
from plant.parsing import SPEED_RANGE
from plant.replay import Player, ReplayRows, load_recording
from plant.roster import Roster


class Playback:
    """The players of all replay devices."""

    def __init__(self, roster: Roster, recordings: Path | None) -> None:
        """Load every recording.

        Raises:
            DefinitionError: A recording is missing or wrong.
        """
        self._roster = roster
        self._players = {device.tag: _load_player(device, recordings) for device in roster.recordings}

    @property
    def players(self) -> tuple[Player, ...]:
        return tuple(self._players.values())

    @property
    def devices(self) -> tuple[str, ...]:
        """Tags of the devices that play."""
        return tuple(self._players)

    def is_playing(self, device: str) -> bool | None:
        """Return whether a recording runs; None for a device that plays none."""
        return self._players[device].is_playing if device in self._players else None

    def step(self, dt_s: float) -> None:
        """Play all recordings on."""
        for player in self._players.values():
            player.step(dt_s)

    def play(self, device: str) -> None:
        """Play a recording on."""
        self._player(device).play()

    def pause(self, device: str) -> None:
        """Hold a recording where it is."""
        self._player(device).pause()

    def set_speed(self, device: str, speed: object) -> None:
        """Set how many recorded seconds a simulated second plays, 0.1 to 100."""
        player = self._player(device)
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not math.isfinite(speed):
            raise PlantError(Refusal.NOT_A_NUMBER, f"{device} Speed: {speed!r} is not a finite number")
        low, high = SPEED_RANGE
        if not low <= speed <= high:
            raise PlantError(
                Refusal.OUT_OF_RANGE, f"{device} Speed: {speed:g} is outside {low:g} to {high:g}"
            )
        player.speed = float(speed)

    def drain(self) -> tuple[ReplayRows, ...]:
        """Return every recorded row played since the last call."""
        return tuple(rows for player in self._players.values() for rows in player.drain())

    def _player(self, device: str) -> Player:
        return self._players[self._roster.recording(device)]


def _load_player(device: DeviceDefinition, recordings: Path | None) -> Player:
    definition = device.replay
    assert definition is not None
    if recordings is None:
        raise DefinitionError(f"{device.tag}: {definition.file}: no recordings folder was given")
    tags = device.measurements
    recording = load_recording(
        recordings / definition.file, definition, [tag.channel or tag.name for tag in tags]
    )
    return Player(device.tag, tuple(tag.name for tag in tags), definition, recording)
