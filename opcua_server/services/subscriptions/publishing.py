"""The publish requests of one session, and which subscription answers the next one."""

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from opcua_server.dataplane.messages import notification_message, publish_response, status_change
from opcua_server.services.table import QuickRequest

if TYPE_CHECKING:
    from opcua_server.services.subscriptions.subscription import Subscription

_log = logging.getLogger(__name__)
_MAX_LAST_WORDS: Final = 100


@dataclass(slots=True)
class PublishRequest:
    """One request that waits for something to publish."""

    asked: QuickRequest
    results: Sequence[int]  # what became of its acknowledgements
    deadline: float  # monotonic seconds; infinite where the client waits for ever

    @property
    def max_response(self) -> int:
        """How many bytes its answer may have."""
        return self.asked.processor.max_response

    def answer(self, subscription: int, available: Sequence[int], message: bytes, *, more: bool) -> None:
        """Send a publish response."""
        asked = self.asked
        response = publish_response(asked.handle, subscription, available, message, self.results, more=more)
        asked.processor.send_bytes(asked.handle, asked.request_id, response)

    def refuse(self, code: int) -> None:
        """Send a fault."""
        asked = self.asked
        asked.processor.refuse(asked.handle, asked.request_id, code)


class PublishQueue:
    """One session's publish requests, and its subscriptions that wait for one."""

    def __init__(self, session: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        self._clock = clock
        self._requests: deque[PublishRequest] = deque()
        self._processor: Any = (
            None  # that the requests came by; those that came by another one before are dropped
        )
        self._next_deadline = math.inf  # not after the earliest one
        self._late: dict[int, Subscription] = {}  # in order of waiting
        self._last_words: deque[tuple[int, int]] = deque(maxlen=_MAX_LAST_WORDS)  # subscription, status

    def __len__(self) -> int:
        return len(self._requests)

    @property
    def has_last_words(self) -> bool:
        """Whether a subscription that is gone has still something to say."""
        return bool(self._last_words)

    def add(self, asked: QuickRequest, results: Sequence[int], limit: int) -> None:
        """Take a request, and answer with it at once where something waits."""
        deadline = self._clock() + asked.hint_ms / 1000.0 if asked.hint_ms else math.inf
        self.sweep()
        while len(self._requests) >= limit:
            self._requests.popleft().refuse(ua.StatusCodes.BadTooManyPublishRequests)
        if asked.processor is not self._processor:
            self._requests.clear()  # of a channel that the session has left: nobody reads their answers
            self._processor = asked.processor
        self._requests.append(PublishRequest(asked, results, deadline))
        self._next_deadline = min(self._next_deadline, deadline)
        if self._late or self._last_words:
            self._serve()

    def take(self) -> PublishRequest | None:
        """Remove and return the request that has waited longest."""
        self.sweep()
        return self._requests.popleft() if self._requests else None

    def sweep(self) -> None:
        """Refuse what has waited longer than its client does; forget requests whose channel is gone."""
        if not self._requests:
            return
        if self._processor.is_gone or self._processor.session is not self.session:
            self._requests.clear()
            return
        if self._next_deadline == math.inf or (now := self._clock()) < self._next_deadline:
            return
        late = [each for each in self._requests if now >= each.deadline]
        self._requests = deque(each for each in self._requests if now < each.deadline)
        self._next_deadline = min((each.deadline for each in self._requests), default=math.inf)
        for each in late:
            each.refuse(ua.StatusCodes.BadTimeout)

    def wait_in_line(self, subscription: "Subscription") -> None:
        """Answer the next request with this subscription, after those that wait already."""
        self._late.setdefault(subscription.id, subscription)

    def leave(self, subscription: int) -> None:
        """Drop a subscription that waits."""
        self._late.pop(subscription, None)

    def say_last(self, subscription: int, code: int) -> None:
        """Tell the client by a StatusChange what became of a subscription; by its next request, if there is none."""
        self._last_words.append((subscription, code))
        self._serve()

    def cancel(self, handle: int) -> int:
        """Refuse the requests that the client has numbered so, because it wants that; returns how many there were."""
        self.sweep()
        cancelled = [each for each in self._requests if each.asked.handle == handle]
        self._requests = deque(each for each in self._requests if each.asked.handle != handle)
        for each in cancelled:
            each.refuse(ua.StatusCodes.BadRequestCancelledByClient)
        return len(cancelled)

    def refuse_all(self, code: int) -> None:
        """Refuse every request."""
        requests, self._requests = self._requests, deque()
        for each in requests:
            if not each.asked.processor.is_gone:
                each.refuse(code)

    def _serve(self) -> None:
        while self._requests and self._last_words:
            request = self.take()
            if request is None:
                return
            subscription, code = self._last_words.popleft()
            request.answer(subscription, (), notification_message(1, [status_change(code)]), more=False)
        while self._requests and self._late:
            first = max(
                self._late.values(), key=lambda each: each.pace.priority
            )  # of equals the longest waiting
            del self._late[first.id]
            first.publish()
