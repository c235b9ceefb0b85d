"""Revisions of a release as Secrets, in the form that Helm 3 and 4 keep theirs in.

`sh.helm.release.v1.NAME.vN` of type `helm.sh/release.v1`: JSON, gzipped, in base64. What only we need stands under the
key `bouvier`, which Helm passes over. The manifest is kept, so a revision can be returned to whatever became of its catalog.
Source: https://helm.sh/docs/topics/advanced/#storage-backends
"""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from typing import Any

from bouvier.catalog.documents.yaml_reading import read_yaml
from bouvier.catalog.documents.yaml_writing import write_yaml
from bouvier.catalog.helm.manifests import documents, integers
from bouvier.catalog.helm.values import value_at
from bouvier.meta.objects import Obj, labels_of

SECRET_TYPE = "helm.sh/release.v1"  # noqa: S105 - a type of Secret
OWN = "bouvier"
DEPLOYED, SUPERSEDED, FAILED = "deployed", "superseded", "failed"
PENDING = {"install": "pending-install", "upgrade": "pending-upgrade", "rollback": "pending-rollback"}
UNINSTALLING = "uninstalling"
SHORTEST_SECRET = 4
"""Shorter ones are no secrets, and masking them would make texts unreadable."""
MOST_BYTES = 2 * 1024 * 1024
"""Of the encoded record. The API takes 3 MiB."""


@dataclass(slots=True)
class HookRun:
    """A hook of a revision, and how far it has come."""

    name: str
    kind: str
    obj: Obj
    events: list[str]
    weight: int = 0
    delete_policies: list[str] = field(default_factory=list)
    source: str = ""
    phase: str = ""
    """`Running`, `Succeeded` or `Failed` of the event in `ran_at`; empty before its first run."""
    ran_for: str = ""
    """The event that `phase` speaks of."""
    started: str = ""


@dataclass(slots=True)
class Revision:
    """One revision of a release."""

    name: str
    namespace: str
    number: int
    status: str
    action: str = "install"
    """`install`, `upgrade` or `rollback`."""
    stage: str = "crds"
    generation: int = 0
    """Of the Release whose spec this is."""
    spec: dict[str, Any] = field(default_factory=dict)
    """The Release's spec without values and archive."""
    values: dict[str, Any] = field(default_factory=dict)
    manifest: str = ""
    """The objects in order, as YAML documents."""
    crds: list[Obj] = field(default_factory=list)
    hooks: list[HookRun] = field(default_factory=list)
    chart: dict[str, Any] = field(default_factory=dict)
    """`metadata`, `values`, `templates`, `files` as Helm keeps them."""
    notes: str = ""
    description: str = ""
    first_deployed: str = ""
    deployed: str = ""
    ignored: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    """Variables whose answers are never shown."""
    resource_version: str = ""
    parsed: list[Obj] | None = None

    @property
    def objects(self) -> list[Obj]:
        """Return the objects; they are parsed when first asked for, and never changed."""
        if self.parsed is None:
            self.parsed = [one.obj for one in documents("manifest", self.manifest)]
        return self.parsed

    def take_objects(self, objects: list[Obj]) -> None:
        """Make these the revision's objects."""
        self.parsed, self.manifest = objects, manifest_text(objects)

    @property
    def secret_name(self) -> str:
        """Return the Secret's name."""
        return f"sh.helm.release.v1.{self.name}.v{self.number}"

    @property
    def secrets(self) -> list[str]:
        """Return the answers that are never shown."""
        found = (value_at(self.values, variable) for variable in self.hidden)
        return [text for text in map(str, found) if len(text) >= SHORTEST_SECRET]

    @property
    def version(self) -> str:
        """Return the version of what is installed."""
        return str(self.chart.get("metadata", {}).get("version", ""))

    @property
    def is_pending(self) -> bool:
        """Tell whether the revision is on its way."""
        return self.status.startswith("pending-")


class TooLargeError(Exception):
    """A release does not fit a Secret."""


def encode(revision: Revision) -> Obj:
    """Return the Secret of a revision.

    Raises:
        TooLargeError: it would be too large.
    """
    text = json.dumps(_document(revision), separators=(",", ":")).encode()
    packed = base64.b64encode(base64.b64encode(gzip.compress(text, 9, mtime=0)))
    if len(packed) > MOST_BYTES:
        raise TooLargeError(
            f"the release needs {len(packed) >> 10} KiB to be recorded, {MOST_BYTES >> 10} are allowed: "
            "leave large files out of the chart with .helmignore"
        )
    labels = {"name": revision.name, "owner": "helm", "status": revision.status, "version": str(revision.number)}
    metadata: dict[str, Any] = {"name": revision.secret_name, "namespace": revision.namespace, "labels": labels}
    if revision.resource_version:
        metadata["resourceVersion"] = revision.resource_version
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": SECRET_TYPE,
        "data": {"release": packed.decode()},
    }


def _document(revision: Revision) -> dict[str, Any]:
    return {
        "name": revision.name,
        "namespace": revision.namespace,
        "version": revision.number,
        "info": {
            "first_deployed": revision.first_deployed,
            "last_deployed": revision.deployed,
            "deleted": "",
            "description": revision.description,
            "status": revision.status,
            "notes": revision.notes,
        },
        "chart": revision.chart,
        "config": revision.values,
        "manifest": revision.manifest,
        "hooks": [_hook_document(hook) for hook in revision.hooks],
        OWN: {
            "generation": revision.generation,
            "action": revision.action,
            "stage": revision.stage,
            "spec": revision.spec,
            "crds": revision.crds,
            "ignored": revision.ignored,
            "hidden": revision.hidden,
        },
    }


def manifest_text(objects: list[Obj]) -> str:
    """Return objects as one text of YAML documents."""
    return "".join(f"---\n{write_yaml(obj)}" for obj in objects)


def _hook_document(hook: HookRun) -> dict[str, Any]:
    return {
        "name": hook.name,
        "kind": hook.kind,
        "path": hook.source,
        "manifest": write_yaml(hook.obj),
        "events": hook.events,
        "weight": hook.weight,
        "delete_policies": hook.delete_policies,
        "last_run": {
            "started_at": hook.started,
            "completed_at": "",
            "phase": hook.phase,
            "bouvier_event": hook.ran_for,
        },
    }


def decode(secret: Obj) -> Revision:
    """Return the revision in a Secret, also one that Helm wrote.

    Raises:
        ValueError: it holds none.
    """
    try:
        packed = base64.b64decode(base64.b64decode(secret["data"]["release"]))
        document = json.loads(gzip.decompress(packed) if packed[:2] == b"\x1f\x8b" else packed)
        own = document.get(OWN) or {}
        info = document.get("info") or {}
        return Revision(
            name=document["name"],
            namespace=document.get("namespace", ""),
            number=int(document["version"]),
            status=labels_of(secret).get("status") or info.get("status", ""),
            action=own.get("action", "install"),
            stage=own.get("stage", "done"),
            generation=int(own.get("generation", 0)),
            spec=own.get("spec") or {},
            values=document.get("config") or {},
            manifest=document.get("manifest", ""),
            crds=own.get("crds") or [],
            hooks=[_hook(entry) for entry in document.get("hooks") or ()],
            chart=document.get("chart") or {},
            notes=info.get("notes", ""),
            description=info.get("description", ""),
            first_deployed=info.get("first_deployed", ""),
            deployed=info.get("last_deployed", ""),
            ignored=own.get("ignored") or [],
            hidden=own.get("hidden") or [],
            resource_version=secret["metadata"].get("resourceVersion", ""),
        )
    except (KeyError, TypeError, ValueError, OSError, EOFError) as error:
        raise ValueError(f"{secret['metadata'].get('name')} is no release: {error}") from None


def _hook(entry: dict[str, Any]) -> HookRun:
    run = entry.get("last_run") or {}
    return HookRun(
        name=entry["name"],
        kind=entry["kind"],
        obj=integers(read_yaml(entry["manifest"])),
        events=list(entry.get("events") or ()),
        weight=int(entry.get("weight") or 0),
        delete_policies=list(entry.get("delete_policies") or ()),
        source=entry.get("path", ""),
        phase=run.get("phase", ""),
        ran_for=run.get("bouvier_event", ""),
        started=run.get("started_at", ""),
    )
