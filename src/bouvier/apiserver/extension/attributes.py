"""A write as webhooks and policies see it: in the version that the request named, or an equivalent one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.context import Call
from bouvier.apiserver.versions import as_viewed
from bouvier.kinds.kind import Kind
from bouvier.meta.objects import Obj

_OPERATIONS = {"create": "CREATE", "update": "UPDATE", "delete": "DELETE", "connect": "CONNECT"}
_OPTIONS = {
    "CREATE": "CreateOptions",
    "UPDATE": "UpdateOptions",
    "DELETE": "DeleteOptions",
}


@dataclass
class Attributes:
    """One write. `view` is the version in which `obj` and `old` are."""

    operation: Operation
    view: Kind
    verb: str = ""
    labels_of_namespace: dict[str, str] = field(default_factory=dict)
    obj: Obj | None = None
    """The new object in this version, None for a deletion; there once `seen_as` was asked."""
    old: Obj | None = None
    """The object as it was, None for a creation."""

    @classmethod
    def of(cls, operation: Operation) -> Attributes:
        """Return the attributes of a write, in the version of the request."""
        verb = _OPERATIONS[operation.verb]
        return cls(operation, operation.call.view, verb, _namespace_labels(operation))

    async def seen_as(self, view: Kind) -> Attributes:
        """Return the same write with its objects in a version."""
        operation = self.operation
        if operation.body_kind is not None:
            return replace(self, view=view, obj=operation.obj, old=operation.old)
        return replace(self, view=view, obj=await _shown(view, operation.obj), old=await _shown(view, operation.old))

    @property
    def call(self) -> Call:
        """The request."""
        return self.operation.call

    @property
    def namespace(self) -> str:
        """Namespace of the object; for a Namespace its own name."""
        if self.is_namespace:
            return self.name
        return self.call.target.namespace if self.view.resource.namespaced else ""

    @property
    def is_namespace(self) -> bool:
        """Tell whether a Namespace itself is written."""
        return self.operation.resource == ("", "namespaces")

    @property
    def name(self) -> str:
        """Name of the object, empty when the server is to draw it."""
        subject = self.operation.obj or self.operation.old or {}
        return str(self.call.target.name or (subject.get("metadata") or {}).get("name") or "")

    def request(self, uid: str = "") -> Obj:
        """Return the `request` of an AdmissionReview, without the objects; expressions see it too."""
        matched, asked = self.view.resource, self.call.view.resource
        subresource, user = self.operation.subresource, self.call.request.user
        kind = self.operation.body_kind or (matched.group, matched.version, matched.kind)
        document: dict[str, Any] = {
            "uid": uid,
            "kind": dict(zip(("group", "version", "kind"), kind, strict=True)),
            "resource": {"group": matched.group, "version": matched.version, "resource": matched.plural},
            "subResource": subresource,
            "requestKind": dict(
                zip(
                    ("group", "version", "kind"),
                    self.operation.body_kind or (asked.group, asked.version, asked.kind),
                    strict=True,
                )
            ),
            "requestResource": {"group": asked.group, "version": asked.version, "resource": asked.plural},
            "requestSubResource": subresource,
            "name": self.name,
            "namespace": self.namespace,
            "operation": self.verb,
            "userInfo": user.info(),
            "dryRun": self.operation.dry_run,
            "options": self._options(),
        }
        return {key: value for key, value in document.items() if value not in ("", None)}

    def _options(self) -> Obj | None:
        if self.verb not in _OPTIONS:
            return None
        query = self.call.request.query if self.call.request.query_text else {}
        options: Obj = {"kind": _OPTIONS[self.verb], "apiVersion": "meta.k8s.io/v1"}
        for field_name in ("fieldManager", "fieldValidation"):
            if query.get(field_name) and self.verb != "DELETE":
                options[field_name] = query[field_name]
        if self.operation.dry_run:
            options["dryRun"] = ["All"]
        return options


async def _shown(view: Kind, obj: Obj | None) -> Obj | None:
    if obj is None or (view.from_storage is None and view.convert is None):
        return obj
    return await as_viewed(view, {**obj, "metadata": dict(obj["metadata"])})


def namespace_of(call: Call, name: str) -> Obj:
    """Return a namespace, empty when it is not there."""
    entry = call.context.hub.resource(call.cluster, "", "namespaces").entries.get(f"/{name}")
    return {} if entry is None else entry.decode()


def _namespace_labels(operation: Operation) -> dict[str, str]:
    call = operation.call
    if operation.resource == ("", "namespaces"):
        subject = operation.obj or operation.old or {}
        return (subject.get("metadata") or {}).get("labels") or {}
    entry = call.context.hub.resource(call.cluster, "", "namespaces").entries.get(f"/{call.target.namespace}")
    return {} if entry is None else entry.labels
