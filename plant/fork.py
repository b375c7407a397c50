"""Copy a living object graph exactly: shared arrays stay shared among the copies, and with nothing else."""

import enum
import types
from collections import deque
from collections.abc import Iterable
from dataclasses import is_dataclass
from typing import Any, TypeVar, cast

import numpy as np

T = TypeVar("T")

_SHARED = (
    str,
    bytes,
    int,
    float,
    complex,
    type(None),
    type,
    enum.Enum,
    np.generic,
    np.dtype,
    range,
    slice,
    types.BuiltinFunctionType,
)
_PLAIN = frozenset((str, int, float, bool, type(None)))  # found without a look at their parents
_SEQUENCES = frozenset((list, set, frozenset, deque))


_UNCHANGING: set[type] = set()


def unchanging(kind: type[T]) -> type[T]:
    """Mark a class whose objects nobody changes once they are made: copies share them."""
    _UNCHANGING.add(kind)
    return kind


def fork(living: T) -> T:
    """Return an independent copy of `living` that goes on exactly as it does.

    Arrays that look into one memory do so in the copy as well, and a generator of random numbers is copied with its
    state. What nobody changes is shared: frozen dataclasses without arrays, and classes marked as `unchanging`.

    Raises:
        TypeError: Something in it cannot be copied surely: a closure, an iterator, a file, a lock. It is named.
    """
    return cast("T", _Copier().copy(living))


class _Copier:
    """One copy of each thing, however many ways lead to it."""

    def __init__(self) -> None:
        self._done: dict[int, Any] = {}
        self._kept: list[object] = []  # an id is that of its object only while the object lives
        self._memories: dict[int, np.ndarray[Any, Any]] = {}

    def copy(self, thing: Any) -> Any:
        if type(thing) in _PLAIN or isinstance(thing, _SHARED):
            return thing
        key = id(thing)
        if key not in self._done:
            made = self._made(thing, key)
            self._done[key] = made
            self._kept.append(thing)
        return self._done[key]

    def _made(self, thing: Any, key: int) -> Any:
        if isinstance(thing, np.ndarray):
            return self._array(thing)
        if type(thing) is dict:
            made: Any = self._done.setdefault(key, {})
            made.update((self.copy(name), self.copy(value)) for name, value in thing.items())
            return made
        if isinstance(thing, tuple):
            return self._tuple(thing)
        if type(thing) in _SEQUENCES:
            return self._sequence(thing, key)
        if isinstance(thing, np.random.Generator):
            return self._generator(thing)
        if isinstance(thing, types.MethodType):
            return types.MethodType(thing.__func__, self.copy(thing.__self__))
        if isinstance(thing, types.FunctionType) and thing.__closure__ is None:
            return thing
        return self._object(thing, key)

    def _tuple(self, thing: tuple[Any, ...]) -> Any:
        copies = [self.copy(each) for each in thing]
        if all(copied is each for copied, each in zip(copies, thing, strict=True)):
            return thing
        return type(thing)(*copies) if hasattr(thing, "_fields") else tuple(copies)

    def _sequence(self, thing: Any, key: int) -> Any:
        if isinstance(thing, frozenset):
            return frozenset(self.copy(each) for each in thing)
        made = deque(maxlen=thing.maxlen) if isinstance(thing, deque) else type(thing)()
        self._done[key] = made
        add = made.add if isinstance(made, set) else made.append
        for each in thing:
            add(self.copy(each))
        return made

    def _generator(self, thing: np.random.Generator) -> np.random.Generator:
        bits = type(thing.bit_generator)()
        bits.state = thing.bit_generator.state
        return np.random.Generator(bits)

    def _array(self, thing: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Copy the memory that owns an array once, and look into the copy as the array looks into the original."""
        if thing.dtype.hasobject:
            raise TypeError("fork: an array of objects cannot be copied surely")
        owner = thing
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        if not owner.flags.owndata:  # memory that numpy does not own: only read, so a plain copy will do
            return thing.copy()
        memory = self._memories.get(id(owner))
        if memory is None:
            memory = np.empty(max(owner.nbytes, 1), dtype=np.uint8)
            whole: np.ndarray[Any, Any] = np.ndarray(
                owner.shape, owner.dtype, buffer=memory.data, strides=owner.strides
            )
            whole[...] = owner
            self._memories[id(owner)] = memory
            self._kept.append(owner)
        offset = 0
        if thing is not owner:
            offset = thing.__array_interface__["data"][0] - owner.__array_interface__["data"][0]
        made: np.ndarray[Any, Any] = np.ndarray(
            thing.shape, thing.dtype, buffer=memory.data, offset=max(offset, 0), strides=thing.strides
        )
        made.flags.writeable = thing.flags.writeable
        return made

    def _object(self, thing: Any, key: int) -> Any:
        kind = type(thing)
        if kind in _UNCHANGING or (is_dataclass(kind) and _is_constant(thing)):
            return thing
        if not kind.__module__.startswith("plant."):
            raise TypeError(f"fork: a {kind.__module__}.{kind.__qualname__} cannot be copied surely")
        made = object.__new__(kind)
        self._done[key] = made
        for name in _names(thing):
            object.__setattr__(made, name, self.copy(getattr(thing, name)))
        return made


def _is_constant(thing: Any) -> bool:
    """Return whether a dataclass is frozen and holds no array, whose content is not frozen with it."""
    if not type(thing).__dataclass_params__.frozen:
        return False
    return not any(isinstance(getattr(thing, name), np.ndarray) for name in type(thing).__dataclass_fields__)


def _names(thing: object) -> Iterable[str]:
    """Return the attributes that an object holds itself, in slots or in its dictionary."""
    slots = [name for kind in type(thing).__mro__ for name in _slots_of(kind)]
    return [*(name for name in slots if hasattr(thing, name)), *getattr(thing, "__dict__", ())]


def _slots_of(kind: type) -> tuple[str, ...]:
    slots = kind.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(n for n in slots if n != "__weakref__")
