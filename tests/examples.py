"""How many made-up examples a test looks at."""

from typing import Final

from hypothesis import settings

QUICK: Final = 20  # of the profile that `make check` runs with


def examples(most: int) -> int:
    """Return `most`, or a fifth of it in `make check`: a number that a test sets itself overrides its profile's."""
    return most if settings().max_examples > QUICK else max(3, most // 5)
