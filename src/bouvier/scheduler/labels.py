"""Labels of hosts by column, so that a requirement is checked for all hosts at once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from bouvier.meta.selectors import Requirement

Mask = npt.NDArray[np.bool_]
"""One truth value a host (row of the snapshot)."""
Counts = npt.NDArray[np.int64]
MISSING = -1


class LabelColumns:
    """For every label key the number of each host's value, `MISSING` where the host has no such label."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._columns: dict[str, npt.NDArray[np.int32]] = {}
        self._values: dict[str, dict[str, int]] = {}
        self._rows: dict[int, dict[str, str]] = {}
        self._hosts: dict[str, Counter[str]] = {}
        """Hosts by key and value."""

    def grow(self, capacity: int) -> None:
        """Make room for more hosts."""
        extra = capacity - self._capacity
        for key, column in self._columns.items():
            self._columns[key] = np.concatenate([column, np.full(extra, MISSING, np.int32)])
        self._capacity = capacity

    def set(self, row: int, labels: dict[str, str]) -> None:
        """Replace the labels of a host."""
        for key, value in self._rows.get(row, {}).items():
            self._columns[key][row] = MISSING
            self._hosts[key][value] -= 1
            if not self._hosts[key][value]:
                del self._hosts[key][value]
        for key, value in labels.items():
            numbers = self._values.setdefault(key, {})
            self.column(key)[row] = numbers.setdefault(value, len(numbers))
            self._hosts.setdefault(key, Counter())[value] += 1
        self._rows[row] = labels

    def of(self, row: int) -> dict[str, str]:
        """Return the labels of a host."""
        return self._rows.get(row, {})

    def column(self, key: str) -> npt.NDArray[np.int32]:
        """Return the value numbers of a label, for all hosts."""
        column = self._columns.get(key)
        if column is None:
            column = self._columns[key] = np.full(self._capacity, MISSING, np.int32)
        return column

    def size(self, key: str) -> int:
        """Return how many value numbers of a label are in use, or were."""
        return len(self._values.get(key, ()))

    def in_use(self, key: str) -> int:
        """Return how many different values of a label hosts have now."""
        return len(self._hosts.get(key, ()))

    def satisfying(self, requirement: Requirement) -> Mask:
        """Return which hosts satisfy a requirement."""
        column = self.column(requirement.key)
        found: Mask
        match requirement.operator:
            case "Exists" | "DoesNotExist":
                found = column != MISSING
            case "In" | "NotIn":
                found = self._one_of(column, requirement)
            case _:
                found = self._comparing(column, requirement)
        return ~found if requirement.operator in {"DoesNotExist", "NotIn"} else found

    def _one_of(self, column: npt.NDArray[np.int32], requirement: Requirement) -> Mask:
        numbers = self._values.get(requirement.key, {})
        wanted = [numbers[value] for value in requirement.values if value in numbers]
        return np.asarray(column == wanted[0] if len(wanted) == 1 else np.isin(column, wanted))

    def _comparing(self, column: npt.NDArray[np.int32], requirement: Requirement) -> Mask:
        """Answer once for each value; the last entry is that of a missing label (number -1)."""
        values = self._values.get(requirement.key, {})
        answers = [requirement.matches({requirement.key: value}) for value in values]
        return np.array([*answers, False])[column]
