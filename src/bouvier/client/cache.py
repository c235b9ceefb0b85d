"""The objects an informer knows, by key, by namespace and by the indexes that its users asked for.

Objects are shared with every reader and must not be changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bouvier.meta.objects import Key, Obj, key_of, namespace_of

IndexFunction = Callable[[Obj], Iterable[str] | str]
"""Returns the values under which an object is found; a plain text is one value, an empty one none."""

Buckets = dict[str, dict[Key, Obj]]


class Cache:
    """Objects by key, with secondary indexes kept on every change."""

    def __init__(self) -> None:
        self.objects: dict[Key, Obj] = {}
        self._by_namespace: Buckets = {}
        self._functions: dict[str, IndexFunction] = {}
        self._buckets: dict[str, Buckets] = {}

    def add_index(self, name: str, function: IndexFunction) -> None:
        """Keep an index, over what is there already too.

        Raises:
            ValueError: another function has that name.
        """
        known = self._functions.get(name)
        if known is function:
            return
        if known is not None:
            raise ValueError(f'index "{name}" exists with another function; share the function or choose another name')
        self._functions[name] = function
        buckets = self._buckets[name] = {}
        for key, obj in self.objects.items():
            _insert(buckets, _values(function, obj), key, obj)

    def put(self, obj: Obj) -> Obj | None:
        """Store an object and return the one it replaces."""
        key = key_of(obj)
        old = self.objects.get(key)
        if old is not None:
            self._unindex(key, old)
        self.objects[key] = obj
        _insert(self._by_namespace, (namespace_of(obj),), key, obj)
        for name, function in self._functions.items():
            _insert(self._buckets[name], _values(function, obj), key, obj)
        return old

    def remove(self, key: Key) -> Obj | None:
        """Drop an object and return it."""
        old = self.objects.pop(key, None)
        if old is not None:
            self._unindex(key, old)
        return old

    def in_namespace(self, namespace: str) -> list[Obj]:
        """Return the objects of a namespace."""
        return list(self._by_namespace.get(namespace, {}).values())

    def indexed(self, index: str, value: str) -> list[Obj]:
        """Return the objects with that value in an index."""
        return list(self._buckets[index].get(value, {}).values())

    def values(self, index: str) -> list[str]:
        """Return the values that occur in an index."""
        return list(self._buckets[index])

    def _unindex(self, key: Key, obj: Obj) -> None:
        _discard(self._by_namespace, (namespace_of(obj),), key)
        for name, function in self._functions.items():
            _discard(self._buckets[name], _values(function, obj), key)


def _values(function: IndexFunction, obj: Obj) -> Iterable[str]:
    values = function(obj)
    if isinstance(values, str):
        return (values,) if values else ()
    return values


def _insert(buckets: Buckets, values: Iterable[str], key: Key, obj: Obj) -> None:
    for value in values:
        buckets.setdefault(value, {})[key] = obj


def _discard(buckets: Buckets, values: Iterable[str], key: Key) -> None:
    for value in values:
        bucket = buckets.get(value)
        if bucket is None:
            continue
        bucket.pop(key, None)
        if not bucket:
            del buckets[value]
