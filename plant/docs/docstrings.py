"""Read what docstrings say about a formula: what it gives, where it is from, what it assumes."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

_PART = re.compile(r"\b(Source|Assumption)(?: of [a-z ]+)?: ")
_SECTION = re.compile(r"^\s*(Args|Raises|Attributes):\s*$.*", re.MULTILINE | re.DOTALL)
_VERB = re.compile(r"^Return (?:the |a |an )?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Formula:
    """One law, as its docstring tells it."""

    name: str
    module: str
    text: tuple[str, ...]  # paragraphs
    sources: tuple[str, ...]
    assumptions: tuple[str, ...]

    @property
    def is_grounded(self) -> bool:
        """Whether it names a source or calls itself an assumption."""
        return bool(self.sources or self.assumptions)


def formulas(module: ModuleType) -> Iterator[Formula]:
    """Yield every public function and class that a module defines, in the order of its lines."""
    found = [
        thing
        for name, thing in vars(module).items()
        if (inspect.isfunction(thing) or inspect.isclass(thing))
        and thing.__module__ == module.__name__
        and not name.startswith("_")
    ]
    for thing in sorted(found, key=lambda each: inspect.getsourcelines(each)[1]):
        yield parse(thing.__name__, module.__name__, inspect.getdoc(thing) or "")


def parse(name: str, module: str, docstring: str) -> Formula:
    """Return a docstring's paragraphs, its sources and its assumptions."""
    text: list[str] = []
    parts: dict[str, list[str]] = {"Source": [], "Assumption": []}
    for paragraph in _SECTION.sub("", docstring).split("\n\n"):
        pieces = _PART.split(" ".join(paragraph.split()))
        if pieces[0].strip():
            text.append(pieces[0].strip())
        for kind, said in zip(pieces[1::2], pieces[2::2], strict=True):
            parts[kind].append(said.strip())
    return Formula(
        name=name,
        module=module,
        text=tuple(text),
        sources=tuple(parts["Source"]),
        assumptions=tuple(parts["Assumption"]),
    )


def as_statement(text: str) -> str:
    """Return a docstring's first sentence without its verb: `Return the slip: s = ...` is "Slip: s = ...".

    A sentence that begins otherwise stays as it is.
    """
    plain = _VERB.sub("", text)
    return plain[:1].upper() + plain[1:]
