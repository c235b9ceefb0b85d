"""What a template may call: functions with the types of their arguments, checked before each call as Go does.

A signature is a text with a letter for each argument: `a` anything, `s` text, `i` integer, `n` any number, `b` boolean,
`l` list, `d` map, `t` moment. `?` makes the argument before it optional, `*` lets it come any number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.values import type_of

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "s": ((str,), "string"),
    "i": ((int,), "int"),
    "n": ((int, float), "a number"),
    "b": ((bool,), "bool"),
    "l": ((list,), "a list"),
    "d": ((dict,), "map[string]interface {}"),
    "t": ((datetime,), "time.Time"),
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function with its signature."""

    call: Callable[..., Any]
    letters: str
    fewest: int
    is_variadic: bool

    def check(self, arguments: Sequence[Any]) -> None:
        """Refuse arguments that do not fit.

        Raises:
            FunctionError: too few, too many, or of the wrong type.
        """
        count = len(arguments)
        if count < self.fewest or (count > len(self.letters) and not self.is_variadic):
            wanted = f"at least {self.fewest}" if self.is_variadic or self.fewest < len(self.letters) else self.fewest
            raise FunctionError(f"wrong number of arguments: want {wanted} got {count}")
        for index, value in enumerate(arguments):
            letter = self.letters[min(index, len(self.letters) - 1)]
            if letter != "a":
                _check_type(letter, value)


def _check_type(letter: str, value: Any) -> None:
    types, name = _TYPES[letter]
    if not isinstance(value, types) or (isinstance(value, bool) and letter in "in"):
        shown = "nil" if value is None else type_of(value)
        raise FunctionError(f"wrong type for value: expected {name}, got {shown}")


def function(signature: str, call: Callable[..., Any]) -> Function:
    """Return a function with its signature in letters."""
    letters = signature.replace("?", "").replace("*", "")
    optional = signature.count("?") + signature.count("*")
    return Function(call, letters, len(letters) - optional, "*" in signature)


FunctionTable = Mapping[str, Function]
