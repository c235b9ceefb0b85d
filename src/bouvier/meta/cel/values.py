"""Values of expressions that JSON has no form for, and what all values have in common: kind and equality."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bouvier.meta.cel.errors import EvaluationError

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
UINT_MAX = 2**64 - 1


class UInt(int):
    """An unsigned integer of 64 bits."""

    __slots__ = ()


class Duration(int):
    """Nanoseconds."""

    __slots__ = ()


class Timestamp(int):
    """Nanoseconds since 1970-01-01T00:00:00Z."""

    __slots__ = ()


class Optional:
    """A value that may be absent."""

    __slots__ = ("has_value", "value")

    def __init__(self, *given: Any) -> None:
        self.has_value = bool(given)
        self.value: Any = given[0] if given else None


NONE = Optional()


class TypeValue:
    """A type as a value: `type(1) == int`."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Opaque:
    """Base of the libraries' own values."""

    __slots__ = ()
    type_name = ""

    def identity(self) -> Any:
        """Return what two equal values have in common."""
        raise NotImplementedError


class SetList(list[Any]):
    """A list whose elements are a set: order does not matter to equality, `+` unites."""

    __slots__ = ()


class MapList(list[Any]):
    """A list whose elements are known by keys: order does not matter to equality, `+` replaces and appends."""

    __slots__ = ("keys",)

    def __init__(self, items: Iterable[Any], keys: tuple[str, ...]) -> None:
        super().__init__(items)
        self.keys = keys

    def key_of(self, item: Any) -> tuple[Any, ...]:
        """Return what identifies an element."""
        return tuple(item.get(key) if isinstance(item, dict) else None for key in self.keys)


class BoolKey:
    """A boolean as the key of a map, where Python would take it for 0 or 1."""

    __slots__ = ("value",)

    def __init__(self, *, value: bool) -> None:
        self.value = value


TRUE_KEY, FALSE_KEY = BoolKey(value=True), BoolKey(value=False)


def to_key(value: Any) -> Any:
    """Return a value as maps keep it as a key.

    Raises:
        EvaluationError: values of this type cannot be keys.

    """
    kind = type(value)
    if kind is str or kind is int:
        return value
    if kind is bool:
        return TRUE_KEY if value else FALSE_KEY
    if kind is UInt:
        return int(value)
    if kind is float:
        return int(value) if value.is_integer() else value
    raise EvaluationError(f"unsupported key type: {kind_of(value)}")


def from_key(key: Any) -> Any:
    """Return a map's key as a value."""
    return key.value if type(key) is BoolKey else key


_KINDS = {
    bool: "bool",
    int: "int",
    UInt: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null",
    list: "list",
    SetList: "list",
    MapList: "list",
    dict: "map",
    Timestamp: "timestamp",
    Duration: "duration",
    TypeValue: "type",
    Optional: "optional_type",
}
_TYPE_NAMES = {
    "null": "null_type",
    "timestamp": "google.protobuf.Timestamp",
    "duration": "google.protobuf.Duration",
}
_PLAIN = frozenset({bool, str, bytes, Timestamp, Duration, type(None)})
_NUMBERS = frozenset({int, UInt, float})
_LISTS = frozenset({list, SetList, MapList})


def kind_of(value: Any) -> str:
    """Return the kind of a value, as `types.Type.kind` has it; of an opaque value its type's name."""
    found = _KINDS.get(type(value))
    return found if found is not None else str(getattr(value, "type_name", "object"))


def type_name(value: Any) -> str:
    """Return the name of a value's type as expressions see it."""
    kind = kind_of(value)
    return _TYPE_NAMES.get(kind, kind)


LARGEST_TEXT = 16 * 1024 * 1024
"""Characters of a text that an expression makes: five times the largest request."""
LARGEST_LIST = 4 * 1024 * 1024
"""Elements of a list that an expression makes: more than a request can hold."""
MOST_STEPS = 100_000
"""Lists and maps inside two values that are compared: half a second. Values that hold the same part many times look
small and are not."""


def fitting(length: int, limit: int = LARGEST_TEXT) -> None:
    """Refuse to make what would not fit into memory. Raises: EvaluationError."""
    if length > limit:
        raise EvaluationError(f"the result is too large: {length} parts, at most {limit} are allowed")


class Steps:
    """Counts the parts of a value that is walked through."""

    __slots__ = ("left",)

    def __init__(self, left: int = MOST_STEPS) -> None:
        self.left = left

    def take(self) -> None:
        """Count one. Raises: EvaluationError when there were too many."""
        self.left -= 1
        if self.left < 0:
            raise EvaluationError("the value has too many parts")


def equal(one: Any, two: Any, steps: Steps | None = None) -> bool:
    """Tell whether two values are equal: numbers by value, values of different types never."""
    kind, other = type(one), type(two)
    if kind is other and kind in _PLAIN:
        return bool(one == two)
    if kind in _NUMBERS:
        return other in _NUMBERS and bool(one == two)
    if kind in _LISTS:
        return other in _LISTS and _equal_lists(one, two, steps or Steps())
    if kind is dict:
        return other is dict and _equal_maps(one, two, steps or Steps())
    if kind is Optional:
        return other is Optional and one.has_value == two.has_value and equal(one.value, two.value)
    if kind is TypeValue:
        return other is TypeValue and one.name == two.name
    return isinstance(one, Opaque) and kind is other and bool(one.identity() == two.identity())


def _equal_lists(one: list[Any], two: list[Any], steps: Steps) -> bool:
    steps.take()
    if len(one) != len(two):
        return False
    if type(one) is SetList or type(two) is SetList:
        return all(contains(two, item, steps) for item in one)
    if type(one) is MapList or type(two) is MapList:
        return _equal_by_key(one, two, steps) if type(one) is MapList else _equal_by_key(two, one, steps)
    return all(equal(left, right, steps) for left, right in zip(one, two, strict=True))


def _equal_by_key(one: Any, two: list[Any], steps: Steps) -> bool:
    found = {freeze(one.key_of(item)): item for item in two}
    return all((key := freeze(one.key_of(item))) in found and equal(item, found[key], steps) for item in one)


def _equal_maps(one: dict[Any, Any], two: dict[Any, Any], steps: Steps) -> bool:
    steps.take()
    return len(one) == len(two) and all(key in two and equal(value, two[key], steps) for key, value in one.items())


def contains(items: Iterable[Any], wanted: Any, steps: Steps | None = None) -> bool:
    """Tell whether a list holds a value."""
    steps = steps or Steps()
    return any(equal(item, wanted, steps) for item in items)


def freeze(value: Any) -> Any:
    """Return something hashable that is equal for equal values."""
    if isinstance(value, dict):
        return frozenset((key, freeze(inner)) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return tuple(freeze(inner) for inner in value)
    return (kind_of(value), value) if isinstance(value, bool | bytes) else value


def united(one: list[Any], two: list[Any]) -> list[Any]:
    """Return `one + two`: joined, or united if the first is a set or known by keys."""
    fitting(len(one) + len(two), LARGEST_LIST)
    if type(one) is SetList:
        return SetList([*one, *(item for item in two if not contains(one, item))])
    if type(one) is MapList:
        newer = {freeze(one.key_of(item)): item for item in two}
        kept = [newer.pop(freeze(one.key_of(item)), item) for item in one]
        return MapList([*kept, *newer.values()], one.keys)
    return [*one, *two]


def checked_int(value: int) -> int:
    """Return a whole number of 64 bits. Raises: EvaluationError on overflow."""
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("integer overflow")


def checked_uint(value: int) -> UInt:
    """Return an unsigned number of 64 bits. Raises: EvaluationError on overflow."""
    if 0 <= value <= UINT_MAX:
        return UInt(value)
    raise EvaluationError("unsigned integer overflow")
