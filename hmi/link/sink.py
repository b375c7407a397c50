"""Where the link's thread puts what it has for the screen."""

from collections.abc import Callable
from dataclasses import dataclass

from hmi.link.types import (
    CommandUpdate,
    ConditionEvent,
    LinkStatus,
    PlantModel,
    Reply,
    SampleBatch,
    TextSample,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """One callable per kind of news; each may be called from the link's thread."""

    status: Callable[[LinkStatus], None]
    model: Callable[[PlantModel], None]
    samples: Callable[[SampleBatch], None]
    texts: Callable[[tuple[TextSample, ...]], None]
    conditions: Callable[[tuple[ConditionEvent, ...]], None]
    refreshed: Callable[[tuple[ConditionEvent, ...]], None]
    command: Callable[[CommandUpdate], None]
    reply: Callable[[Reply], None]
