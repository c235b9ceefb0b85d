"""What a list or watch asks for: a namespace, labels and fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from bouvier.apiserver.cache.entry import Entry
from bouvier.meta.errors import bad_request
from bouvier.meta.objects import Obj
from bouvier.meta.selectors import FieldSelector, LabelSelector, parse_field_selector, parse_label_selector

METADATA_FIELDS = ("metadata.name", "metadata.namespace")
Selectable = Mapping[str, Callable[[Obj], str]]


class Selection(NamedTuple):
    """A parsed choice of objects; equal texts make equal selections, which share one watch group."""

    namespace: str
    label_text: str
    field_text: str
    labels: LabelSelector | None
    fields: FieldSelector | None
    selectable: Selectable

    @property
    def is_all(self) -> bool:
        """Tell whether nothing but the namespace limits the choice."""
        return self.labels is None and self.fields is None

    def matches(self, entry: Entry) -> bool:
        """Tell whether an object is chosen."""
        if self.namespace and entry.namespace != self.namespace:
            return False
        if self.labels is not None and not self.labels.matches(entry.labels):
            return False
        return self.fields is None or self.fields.matches(entry.fields(self.selectable).__getitem__)

    def choose(self, entries: list[Entry]) -> list[Entry]:
        """Return the chosen ones of objects that are all in the namespace, in their order.

        A list asks this of every object there is, so equalities of labels are compared here rather than one call each.
        """
        labels = self.labels
        if labels is not None and labels.is_equality:
            for key, value in labels.equalities.items():
                entries = [entry for entry in entries if entry.labels.get(key) == value]
        elif labels is not None:
            entries = [entry for entry in entries if labels.matches(entry.labels)]
        fields = self.fields
        if fields is not None:
            entries = [entry for entry in entries if fields.matches(entry.fields(self.selectable).__getitem__)]
        return entries

    def stored(self) -> Selection:
        """Return what can be told of stored objects when others are shown: all but fields outside the metadata."""
        kept = tuple(one for one in self.fields.requirements if one.field in METADATA_FIELDS) if self.fields else ()
        fields = FieldSelector(kept) if kept else None
        return self._replace(field_text=str(fields or ""), fields=fields)

    def shown(self) -> FieldSelector | None:
        """Return the rest: the fields outside the metadata, None when there are none."""
        rest = tuple(one for one in self.fields.requirements if one.field not in METADATA_FIELDS) if self.fields else ()
        return FieldSelector(rest) if rest else None

    def pinned(self) -> tuple[str, str] | None:
        """Return one `(field, value)` that every chosen object has, if there is one, to index watchers by."""
        if self.fields is None:
            return None
        for requirement in self.fields.requirements:
            if not requirement.negated:
                return requirement.field, requirement.value
        return None


def _not_selectable(field: str, *, has_own: bool) -> str:
    """Return the words for a field that cannot be selected: they depend on whether the kind has any of its own."""
    if has_own:
        return f"field label not supported: {field}"
    return f'"{field}" is not a known field selector: only "metadata.name", "metadata.namespace"'


def select(
    namespace: str, label_text: str, field_text: str, selectable: Selectable, *, is_custom: bool = False
) -> Selection:
    """Parse the selectors of a request.

    Raises:
        ApiError: BadRequest for bad syntax or a field that cannot be selected.

    """
    try:
        labels = parse_label_selector(label_text) if label_text else None
        fields = parse_field_selector(field_text) if field_text else None
    except ValueError as error:
        raise bad_request(str(error)) from error
    for requirement in fields.requirements if fields else ():
        if requirement.field not in selectable and requirement.field not in METADATA_FIELDS:
            raise bad_request(_not_selectable(requirement.field, has_own=is_custom or bool(selectable)))
    return Selection(namespace, label_text, field_text, labels, fields, selectable)
