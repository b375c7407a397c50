"""Which items have the queues of others sent when they take a sample (OPC 10000-4, 5.13.1.6)."""

from collections.abc import Collection


class Triggering:
    """The links of one subscription, and which triggering items took samples."""

    def __init__(self) -> None:
        self._links: dict[int, set[int]] = {}  # triggering item -> what it triggers; none is empty
        self._fired: set[int] = set()

    def of(self, trigger: int) -> set[int]:
        """Return what an item triggers, a copy."""
        return set(self._links.get(trigger, ()))

    def link(self, trigger: int, links: Collection[int]) -> None:
        """Have an item trigger these, and no others."""
        if links:
            self._links[trigger] = set(links)
        else:
            self._links.pop(trigger, None)

    def forget(self, gone: Collection[int]) -> list[int]:
        """Drop items that are no more; returns those that trigger nothing any more."""
        gone = set(gone)
        self._fired -= gone
        for number in gone & self._links.keys():
            del self._links[number]
        idle = []
        for trigger, links in list(self._links.items()):
            if not links.isdisjoint(gone):
                self.link(trigger, links - gone)
                if trigger not in self._links:
                    idle.append(trigger)
        return idle

    def fire(self, item: int) -> None:
        """Note that an item took a sample."""
        if item in self._links:
            self._fired.add(item)

    @property
    def has_fired(self) -> bool:
        """Whether there is something to release."""
        return bool(self._fired)

    def take_fired(self, more: Collection[int]) -> set[int]:
        """Return what is to be sent because of the items that took samples since the last time, `more` among them."""
        fired, self._fired = self._fired.union(more), set()
        return {link for number in fired for link in self._links.get(number, ())}
