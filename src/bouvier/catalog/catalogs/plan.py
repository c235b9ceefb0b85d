"""Which entries are to be written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bouvier.meta.objects import Obj, name_of


def changes(present: Iterable[Obj], wanted: Iterable[Obj]) -> Iterator[tuple[str, Obj]]:
    """Yield `create`, `update` and `delete` with the object each is about; of two entries of one name the first counts."""
    left = {name_of(obj): obj for obj in present}
    seen: set[str] = set()
    for obj in wanted:
        name = name_of(obj)
        if name in seen:
            continue
        seen.add(name)
        old = left.pop(name, None)
        if old is None:
            yield "create", obj
        elif old.get("spec") != obj["spec"]:
            yield (
                "update",
                {**obj, "metadata": obj["metadata"] | {"resourceVersion": old["metadata"]["resourceVersion"]}},
            )
    for obj in left.values():
        yield "delete", obj
