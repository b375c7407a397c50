"""The publish requests of one session, and which subscription answers the next one."""

import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from asyncua import ua

from opcua_server.dataplane.messages import notification_message, publish_response, status_change
from opcua_server.services.status import status
from opcua_server.services.table import Request

if TYPE_CHECKING:
    from opcua_server.services.subscriptions.subscription import Subscription

_log = logging.getLogger(__name__)
_MAX_LAST_WORDS: Final = 100


@dataclass(frozen=True, slots=True)
class PublishRequest:
    """One request that waits for something to publish."""

    request: Request
    results: Sequence[int]  # what became of its acknowledgements
    deadline: float | None  # monotonic seconds; None where the client waits for ever

    def answer(self, subscription: int, available: Sequence[int], message: bytes, *, more: bool) -> None:
        """Send a publish response."""
        handle = self.request.header.RequestHandle
        response = publish_response(handle, subscription, available, message, self.results, more=more)
        self.request.processor.send_encoded(self.request, response)

    def refuse(self, code: int) -> None:
        """Send a fault."""
        fault = ua.ServiceFault()
        fault.ResponseHeader.ServiceResult = status(code)
        self.request.processor.send_response(self.request.header.RequestHandle, self.request.sequence, fault)


class PublishQueue:
    """One session's publish requests, and its subscriptions that wait for one."""

    def __init__(self, session: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.session = session
        self._clock = clock
        self._requests: deque[PublishRequest] = deque()
        self._late: dict[int, Subscription] = {}  # in order of waiting
        self._last_words: deque[tuple[int, int]] = deque(maxlen=_MAX_LAST_WORDS)  # subscription, status

    def __len__(self) -> int:
        return len(self._requests)

    @property
    def has_last_words(self) -> bool:
        """Whether a subscription that is gone has still something to say."""
        return bool(self._last_words)

    def add(self, request: Request, results: Sequence[int], limit: int) -> None:
        """Take a request, and answer with it at once where something waits."""
        hint_ms = int(request.header.TimeoutHint)
        deadline = self._clock() + hint_ms / 1000.0 if hint_ms else None
        self.sweep()
        while len(self._requests) >= limit:
            self._requests.popleft().refuse(ua.StatusCodes.BadTooManyPublishRequests)
        self._requests.append(PublishRequest(request, results, deadline))
        self._serve()

    def take(self) -> PublishRequest | None:
        """Remove and return the request that has waited longest."""
        self.sweep()
        return self._requests.popleft() if self._requests else None

    def sweep(self) -> None:
        """Refuse what has waited longer than its client does; forget requests whose channel is gone."""
        now = self._clock()
        if all(self._is_good(each, now) for each in self._requests):
            return
        keep: deque[PublishRequest] = deque()
        for each in self._requests:
            processor = each.request.processor
            if processor.is_gone or processor.session is not self.session:
                continue
            if each.deadline is not None and now >= each.deadline:
                each.refuse(ua.StatusCodes.BadTimeout)
            else:
                keep.append(each)
        self._requests = keep

    def _is_good(self, each: PublishRequest, now: float) -> bool:
        processor = each.request.processor
        return (
            not processor.is_gone
            and processor.session is self.session
            and (each.deadline is None or now < each.deadline)
        )

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

    def refuse_all(self, code: int) -> None:
        """Refuse every request."""
        requests, self._requests = self._requests, deque()
        for each in requests:
            if not each.request.processor.is_gone:
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
