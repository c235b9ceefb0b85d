"""The description of one kind: everything the generic API machinery needs to serve it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

STANDARD_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Column(NamedTuple):
    """One column of the Table that `kubectl get` shows."""

    name: str
    value: Callable[[Obj], Any]
    """Cell value of an object: text, integer or boolean."""
    type: str = "string"
    format: str = ""
    priority: int = 0
    """0 is always shown, 1 only with `-o wide`."""
    description: str = ""


class Subresource(NamedTuple):
    """A part of an object with a URL of its own, such as `status` or `scale`."""

    name: str
    kind: str
    """Kind of its body; the parent's kind for `status`."""
    group: str
    version: str
    verbs: tuple[str, ...]


class Part(NamedTuple):
    """What a subresource writes, when it is a part of the object's spec with rules of its own."""

    take: Callable[[Obj, Obj], Obj]
    """From the object as sent and the one that is there (not to be changed): the latter with this part of the former."""
    validate: Callable[[Obj, Obj], list[FieldError]]
    """Check the change `(new, old)` of this part."""


class FieldHint(NamedTuple):
    """What Warn and Strict field validation find: an unknown or duplicate field."""

    path: str
    message: str


Convert = Callable[[Sequence[Obj], str], Awaitable[list[Obj]]]
"""From objects and an apiVersion to the objects in that version. Raises: ApiError."""


def nothing(_obj: Obj) -> None:
    """Change nothing; the default of the hooks that may rewrite an object."""


def nothing_to_change(_new: Obj, _old: Obj) -> None:
    """Change nothing; the default of the hook of updates."""


def no_errors(_obj: Obj) -> list[FieldError]:
    """Find nothing wrong; the default of the validation hooks."""
    return []


def no_update_errors(_new: Obj, _old: Obj) -> list[FieldError]:
    """Find nothing wrong with an update; the default."""
    return []


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind is. Instances are immutable and shared by every request."""

    resource: Resource
    singular: str
    definition: str
    """Key of the schema in `kinds.schemas`, such as `io.k8s.api.apps.v1.Deployment`; empty for kinds made at run time."""
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = STANDARD_VERBS
    subresources: Mapping[str, Subresource] = field(default_factory=dict)
    columns: Sequence[Column] = ()
    row_order: Callable[[Obj], Any] | None = None
    """What tables are sorted by, when it is not the name."""
    selectable: Mapping[str, Callable[[Obj], str]] = field(default_factory=dict)
    """Field selectors beyond `metadata.name` and `metadata.namespace`."""
    default: Callable[[Obj], None] = nothing
    """Fill defaults in place (after decoding, before admission)."""
    validate: Callable[[Obj], list[FieldError]] = no_errors
    """Check the whole object, at create and at update."""
    validate_update: Callable[[Obj, Obj], list[FieldError]] = no_update_errors
    """Check the change `(new, old)`: immutable fields."""
    validate_create: Callable[[Obj], list[FieldError]] = no_errors
    """Check what only new objects may not have."""
    parts: Mapping[str, Part] = field(default_factory=dict)
    """Subresources that write a part of the spec, by name."""
    validate_status: Callable[[Obj, Obj], list[FieldError]] = no_update_errors
    """Check the change `(new, old)` that a write to `/status` makes."""
    warn: Callable[[Obj, Obj | None], list[str]] | None = None
    """Return what to warn the writer of in a valid object, given the one before, if there was one."""
    prepare: Callable[[Obj], None] = nothing
    """Complete an object in place just before it is stored (allocated or derived values)."""
    prepare_update: Callable[[Obj, Obj], None] = nothing_to_change
    """Adapt the new object `(new, old)` in place before defaults are filled."""
    prepare_status: Callable[[Obj, Obj], None] = nothing_to_change
    """Adapt the new object `(new, old)` in place before a write to `/status` is checked."""
    name_rule: str = "subdomain"
    """Form of the name: `subdomain` (RFC 1123, 253), `label` (63), `dns1035` (63, starts with a letter), `config` (key of
    a ConfigMap), `path` or `address` (an IP address)."""
    sealed: bool = False
    """Encrypt values in the store."""
    has_generation: bool = False
    """Whether `metadata.generation` counts changes of everything but metadata and status."""
    has_open_status: bool = False
    """Whether labels, annotations, owners and finalizers can be written through `/status` too, as with the oldest kinds."""
    keeps_first_status: bool = False
    """Whether a create may bring a status: hosts register with one."""
    needs_revision: bool = False
    """Whether an update must say which resourceVersion it replaces."""
    grace: Callable[[Obj], int] | None = None
    """Default grace period in seconds for kinds that are deleted gracefully (pods)."""
    orphans_dependents: bool = False
    """Whether dependents stay when a deletion names no policy, as with kinds that are older than garbage collection."""
    schema: Mapping[str, Any] | None = None
    """Structural OpenAPI v3 schema for kinds made at run time."""
    scale_paths: Mapping[str, str] = field(default_factory=dict)
    """Where a custom kind keeps replicas and selector: `specReplicasPath`, `statusReplicasPath`, `labelSelectorPath`."""
    storage_version: str = ""
    """Version under which objects are stored, when it is not this one."""
    stored_in: tuple[str, str, str] | None = None
    """Group, version and plural of the kind that this one is a view of; nothing is stored under its own name.
    `validate` then checks new objects as they were sent, beside the stored kind's own checks."""
    to_storage: Callable[[Obj], Obj] | None = None
    """Turn an object of this version into one of the storage version; may change its argument."""
    from_storage: Callable[[Obj], Obj] | None = None
    """Turn an object of the storage version into one of this version; may change its argument."""
    convert: Convert | None = None
    """How objects of any version become objects of another one, when somebody else must be asked; in place of the two
    above."""
    is_custom: bool = False
    """Whether a definition made the kind: its schema says all there is to check, once defaults are filled."""
    deprecation: str = ""
    """What clients of this version are warned of."""
    preserve_unknown: bool = False
    """Keep fields that the schema does not name (only kinds made at run time)."""

    @property
    def is_converted(self) -> bool:
        """Tell whether objects may be stored in another form than this one."""
        return self.from_storage is not None or self.convert is not None

    @property
    def has_status(self) -> bool:
        """Tell whether status is written through `/status` only."""
        return "status" in self.subresources
