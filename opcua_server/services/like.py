r"""The Like operator: % any text, _ one character, [..] a set, [^..] its complement, \ escapes (OPC 10000-4, table 122).

Matched by two pointers, never by a backtracking expression: `%a%a%a…` on a long text would hold the loop for minutes.
"""

from functools import lru_cache

_ANY = None  # any text, also none

_Set = tuple[bool, frozenset[str]]  # whether it is the complement, and of what


@lru_cache(maxsize=256)
def parse(pattern: str) -> tuple[_Set | None, ...]:
    """Return a pattern as a sequence of sets of characters, and None for any text."""
    tokens: list[_Set | None] = []
    index = 0
    while index < len(pattern):
        character = pattern[index]
        end = pattern.find("]", index + 1) if character == "[" else -1
        if character == "\\" and index + 1 < len(pattern):
            index += 1
            tokens.append((False, frozenset(pattern[index])))
        elif character == "%":
            if not tokens or tokens[-1] is not _ANY:
                tokens.append(_ANY)
        elif character == "_":
            tokens.append((True, frozenset()))
        elif end > 0:
            tokens.append(_set(pattern[index + 1 : end]))
            index = end
        else:
            tokens.append((False, frozenset(character)))
        index += 1
    return tuple(tokens)


def _set(body: str) -> _Set:
    is_complement = body.startswith("^")
    body = body[is_complement:]
    found: set[str] = set()
    index = 0
    while index < len(body):
        if index + 2 < len(body) and body[index + 1] == "-":
            first, last = ord(body[index]), ord(body[index + 2])
            found.update(map(chr, range(first, min(last, first + 0xFF) + 1)))
            index += 3
        else:
            found.add(body[index])
            index += 1
    return is_complement, frozenset(found)


def is_like(text: str, pattern: str) -> bool:
    """Return whether the whole text matches."""
    tokens = parse(pattern)
    at = token = 0
    back_token, back_at = -1, 0  # the last `%`, and how much of the text it has taken
    while at < len(text):
        if token < len(tokens) and (wanted := tokens[token]) is not _ANY and _fits(text[at], wanted):
            at, token = at + 1, token + 1
        elif token < len(tokens) and tokens[token] is _ANY:
            back_token, back_at = token, at
            token += 1
        elif back_token >= 0:
            back_at += 1
            at, token = back_at, back_token + 1
        else:
            return False
    return all(left is _ANY for left in tokens[token:])


def _fits(character: str, wanted: _Set) -> bool:
    is_complement, characters = wanted
    return (character in characters) is not is_complement
