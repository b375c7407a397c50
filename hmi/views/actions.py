"""Ask, confirm and send what an operator may want of a device."""

from typing import Final

from PySide6.QtWidgets import QWidget

from hmi.link.types import DeviceInfo, TagInfo
from hmi.state.console import ConsoleState
from hmi.views.faces import title_of, unit_of
from hmi.views.what_if import WhatIfDesk
from hmi.widgets.confirm_dialog import ConfirmDialog
from hmi.widgets.setpoint_dialog import SetpointDialog, ValueQuestion

_SENTENCES: Final = {
    "Start": "{tag} will start and run at its present setpoints.",
    "Shutdown": "{tag} will slow down in order and stop.",
    "Restart": "{tag} will be shut down in order and started again.",
    "Maintain": "{tag} will be taken as maintained: its wear and its run hours begin anew.",
}


def call(parent: QWidget, state: ConsoleState, device: DeviceInfo, method: str) -> None:
    """Confirm a method call, then send it."""
    sentence = _SENTENCES[method].format(tag=device.tag)
    if ConfirmDialog.ask(parent, f"{method} {device.tag}?", sentence, f"{method} {device.tag}"):
        state.operator.call(device, method)


def change_setpoint(parent: QWidget, state: ConsoleState, tag: TagInfo) -> None:
    """Ask for a new setpoint, old → new, with what it would do; then send it."""
    desk = WhatIfDesk(state, tag)
    value = SetpointDialog.ask(parent, _question(state, tag), desk.attach)
    desk.deleteLater()
    if value is not None:
        state.operator.write(tag, value, reason=desk.reason)


def change_limit(parent: QWidget, state: ConsoleState, tag: TagInfo, key: str, words: str) -> None:
    """Ask for a new alarm limit, kept in the order LoLo < Lo < Hi < HiHi, then send it."""
    low, high = limit_room(tag, key)
    question = ValueQuestion(
        device=tag.device,
        name=f"{title_of(tag)}, {words} limit",
        unit=unit_of(tag),
        old=tag.limits[key],
        low=low,
        high=high,
        precision=max(tag.precision, 1),
    )
    value = SetpointDialog.ask(parent, question)
    if value is not None:
        state.operator.write_limit(tag, key, value)


def limit_room(tag: TagInfo, key: str) -> tuple[float, float]:
    """Return between which values a limit may lie: its neighbours, else the tag's scale."""
    order = ("LowLow", "Low", "High", "HighHigh")
    at = order.index(key)
    below = [tag.limits[k] for k in order[:at] if k in tag.limits]
    above = [tag.limits[k] for k in order[at + 1 :] if k in tag.limits]
    return (max(below, default=tag.low), min(above, default=tag.high))


def reset_stop(parent: QWidget, state: ConsoleState, device: str | None) -> None:
    """Confirm the reset of one latch, then send it."""
    what = device or "the plant"
    sentence = (
        f"The e-stop latch of {what} is cleared. Nothing starts by itself: start each machine on its own."
    )
    if ConfirmDialog.ask(parent, f"Reset the stop of {what}?", sentence, "Reset stop"):
        state.operator.reset_stop(device)


def _question(state: ConsoleState, tag: TagInfo) -> ValueQuestion:
    return ValueQuestion(
        device=tag.device,
        name=title_of(tag),
        unit=unit_of(tag),
        old=float(state.store.values[tag.tag_id]),
        low=tag.low,
        high=tag.high,
        precision=tag.precision,
    )
