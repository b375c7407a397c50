"""Keep the pages, each built when it is first asked for: the first values need not wait for pages that nobody looks at."""

from collections.abc import Callable, Iterator, Mapping

from typing_extensions import override

from hmi.views.page import Page

Make = Callable[[], Page]


class Pages(Mapping[str, Page]):
    """The pages by name.

    Args:
        makers: What builds each page.
        on_made: Told of a page that has just been built.
    """

    def __init__(self, makers: Mapping[str, Make], on_made: Callable[[Page], None]) -> None:
        self._makers = makers
        self._on_made = on_made
        self._made: dict[str, Page] = {}

    @override
    def __getitem__(self, name: str) -> Page:
        if name not in self._made:
            page = self._made[name] = self._makers[name]()
            self._on_made(page)
        return self._made[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    @override
    def __len__(self) -> int:
        return len(self._makers)

    def made(self) -> tuple[Page, ...]:
        """Return the pages that are there already."""
        return tuple(self._made.values())
