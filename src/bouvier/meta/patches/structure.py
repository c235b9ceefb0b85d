"""What patches must know of a kind's fields: how lists and maps merge.

The schemas live in an upper layer; patches see them through this protocol. None in place of a structure means
"unknown": objects are then granular maps and lists atomic.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Structure(Protocol):
    """The merge behaviour of one field of an object."""

    @property
    def is_object(self) -> bool:
        """Whether the value is an object (a struct or a map)."""

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""

    @property
    def list_type(self) -> str:
        """`atomic`, `set` or `map` (`x-kubernetes-list-type`)."""

    @property
    def map_keys(self) -> tuple[str, ...]:
        """The fields that identify an item of a list of type `map` (`x-kubernetes-list-map-keys`)."""

    @property
    def key_defaults(self) -> Mapping[str, Any]:
        """Values that missing `map_keys` stand for, such as `protocol: TCP`."""

    @property
    def map_type(self) -> str:
        """`granular` or `atomic` (`x-kubernetes-map-type`)."""

    @property
    def merge_key(self) -> str:
        """The key of a strategic merge patch (`x-kubernetes-patch-merge-key`), empty when there is none."""

    @property
    def patch_strategy(self) -> frozenset[str]:
        """Any of `merge`, `replace`, `retainKeys` (`x-kubernetes-patch-strategy`)."""

    def __hash__(self) -> int:
        """Structures are immutable and told apart by identity: what is derived from one may be kept under it."""

    def field(self, name: str) -> Structure | None:
        """Return the structure of a field of an object, or of any value of a map; None when it is unknown."""

    def items(self) -> Structure | None:
        """Return the structure of a list's items; None when it is unknown."""
