"""A server in a thread, a link to it, and a record of what the link says."""

import asyncio
import io
import os
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.exceptions import TimeoutError as TimedOut
from pytestqt.qtbot import QtBot

from hmi.link.link import Link
from hmi.link.types import (
    CommandUpdate,
    ConditionEvent,
    LinkState,
    LinkStatus,
    PlantModel,
    Reply,
    SampleBatch,
    TextSample,
)
from tests.system.link.mini_plant import Deeds, MiniPlant

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


class Heard:
    """Everything a link has emitted, in the GUI thread."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.statuses: list[LinkStatus] = []
        self.models: list[PlantModel] = []
        self.batches: list[SampleBatch] = []
        self.texts: list[TextSample] = []
        self.conditions: list[ConditionEvent] = []
        self.refreshes: list[tuple[ConditionEvent, ...]] = []
        self.commands: list[CommandUpdate] = []
        self.replies: dict[int, Reply] = {}
        link.status_changed.connect(self.statuses.append)
        link.model_arrived.connect(self.models.append)
        link.samples_arrived.connect(self.batches.append)
        link.texts_arrived.connect(self.texts.extend)
        link.conditions_arrived.connect(self.conditions.extend)
        link.conditions_refreshed.connect(self.refreshes.append)
        link.command_changed.connect(self.commands.append)
        link.replied.connect(lambda reply: self.replies.__setitem__(reply.request_id, reply))

    @property
    def state(self) -> LinkState | None:
        return self.statuses[-1].state if self.statuses else None

    def is_live(self) -> bool:
        return self.state is LinkState.LIVE

    def is_ready(self) -> bool:
        """Whether values, commands and the first list of alarms are there."""
        status = self.statuses[-1] if self.statuses else None
        return status is not None and self.is_live() and status.commands_ready and bool(self.refreshes)

    def wait_until_ready(self, qtbot: QtBot) -> None:
        """Wait for it; a link that does not come up says how it stands and what each of its tasks waits for."""
        try:
            qtbot.waitUntil(self.is_ready, timeout=8000)
        except TimedOut:
            lines = [str(status) for status in self.statuses[-8:]]
            loop = self.link._loop  # the only way to see inside a link that hangs
            for task in asyncio.all_tasks(loop) if loop is not None else ():
                stack = io.StringIO()
                task.print_stack(file=stack)
                lines.append(stack.getvalue())
            pytest.fail("the link does not come up:\n" + "\n".join(lines), pytrace=False)

    def forget(self) -> None:
        """Forget what passed, keep how things stand."""
        self.conditions.clear()
        self.commands.clear()
        del self.statuses[:-1], self.refreshes[:-1]

    def value(self, node_id: str) -> float | None:
        """Return the newest value of a tag, None before the first."""
        tag_id = next(tag.tag_id for tag in self.models[-1].tags if tag.node_id == node_id)
        found = None
        for batch in self.batches:
            for value in batch.values[batch.tag_ids == tag_id]:
                found = float(value)
        return found

    def life(self, command_id: str) -> list[CommandUpdate]:
        return [update for update in self.commands if update.command_id == command_id]


@pytest.fixture(scope="package")
def shared_plant() -> Iterator[MiniPlant]:
    """One server for all these tests: starting one takes a second."""
    with MiniPlant().running() as server:
        yield server


@pytest.fixture(scope="package")
def shared_link(shared_plant: MiniPlant, qapp: QApplication) -> Iterator[Heard]:
    """One link to it."""
    assert qapp is not None
    link = Link(shared_plant.url)
    heard = Heard(link)
    link.open()
    yield heard
    link.close()


@pytest.fixture
def heard(shared_link: Heard, shared_plant: MiniPlant, qtbot: QtBot) -> Heard:
    """The shared link, all three sessions ready, with nothing heard yet but the model and the first list."""
    shared_plant.deeds = Deeds()
    shared_link.wait_until_ready(qtbot)
    shared_link.forget()
    return shared_link


@pytest.fixture
def linked(qtbot: QtBot) -> Iterator[Callable[..., Heard]]:
    """Return a function that opens a link to an address; each is closed at the end."""
    links: list[Link] = []

    def open_link(url: str, *, wait: bool = True) -> Heard:
        link = Link(url)
        links.append(link)
        heard = Heard(link)
        link.open()
        if wait:
            heard.wait_until_ready(qtbot)
        return heard

    yield open_link
    for link in links:
        link.close()
