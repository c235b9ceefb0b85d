"""Rendered text into objects: documents, hooks, and the order in which they are made.

Source: https://helm.sh/docs/topics/charts_hooks/ and Helm's install order of kinds
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from bouvier.catalog.documents.yaml_reading import YamlError, read_yaml
from bouvier.catalog.helm.errors import ChartError
from bouvier.meta.objects import Obj

HOOK = "helm.sh/hook"
HOOK_WEIGHT = "helm.sh/hook-weight"
HOOK_DELETE_POLICY = "helm.sh/hook-delete-policy"
BEFORE_CREATION = "before-hook-creation"
EVENTS = (
    "pre-install",
    "post-install",
    "pre-upgrade",
    "post-upgrade",
    "pre-rollback",
    "post-rollback",
    "pre-delete",
    "post-delete",
    "test",
)
_POLICIES = (BEFORE_CREATION, "hook-succeeded", "hook-failed")
_SEPARATOR = re.compile(r"(?:^|\s*\n)---[ \t]*(?=\n|$|#)")
_DOCUMENT_START = re.compile(r"^---[ \t]*$")

INSTALL_ORDER = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
)
_RANKS = {kind: rank for rank, kind in enumerate(INSTALL_ORDER)}


class Manifest(NamedTuple):
    """One object with the template that it comes from."""

    source: str
    text: str
    obj: Obj


class Hook(NamedTuple):
    """An object that is made at certain moments, and waited for."""

    manifest: Manifest
    events: tuple[str, ...]
    weight: int
    delete_policies: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the object's name."""
        return str(self.manifest.obj["metadata"]["name"])

    @property
    def kind(self) -> str:
        """Return the object's kind."""
        return str(self.manifest.obj["kind"])


def documents(source: str, text: str) -> list[Manifest]:
    """Return the objects of a rendered template.

    Raises:
        ChartError: a document is not YAML, or no object.
    """
    found = []
    for part in _SEPARATOR.split("\n" + text):
        body = part.strip("\n")
        if not body.strip() or _DOCUMENT_START.match(body):
            continue
        obj = _parsed(source, body)
        if obj is not None:
            found += [Manifest(source, body, one) for one in _flattened(source, obj)]
    return found


def _parsed(source: str, text: str) -> Any:
    try:
        return integers(read_yaml(text))
    except YamlError as error:
        line = text.splitlines()[error.line - 1].strip() if 0 < error.line <= text.count("\n") + 1 else ""
        shown = f": {line}" if line else ""
        raise ChartError(f"{source}: what it renders to is not YAML: {error}{shown}") from None


def integers(value: Any) -> Any:
    """Return a document with whole floats as integers, as the API wants them."""
    if isinstance(value, dict):
        return {key: integers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _flattened(source: str, obj: Any) -> Iterable[Obj]:
    if not isinstance(obj, dict):
        raise ChartError(f"{source}: renders to {obj!r}, which is no object")
    if not obj.get("kind") or not obj.get("apiVersion"):
        raise ChartError(f"{source}: renders to an object without apiVersion and kind")
    if obj["kind"].endswith("List") and isinstance(obj.get("items"), list):
        return [inner for item in obj["items"] for inner in _flattened(source, item)]
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str) or not metadata["name"]:
        raise ChartError(f"{source}: the {obj['kind']} that it renders to has no metadata.name")
    return [obj]


def ordered(manifests: Iterable[Manifest]) -> list[Manifest]:
    """Return objects in the order in which they are made: by kind, then by name."""
    return sorted(manifests, key=lambda one: (*_rank(one.obj["kind"]), one.obj["metadata"]["name"]))


def _rank(kind: str) -> tuple[int, str]:
    return (_RANKS[kind], "") if kind in _RANKS else (len(_RANKS), kind)


def hook_of(manifest: Manifest) -> Hook | None:
    """Return the hook that an object is, None when it is none.

    Raises:
        ChartError: its annotations are wrong.
    """
    annotations = manifest.obj["metadata"].get("annotations") or {}
    if HOOK not in annotations:
        return None
    events = tuple(_words(annotations[HOOK]))
    events = tuple("test" if event == "test-success" else event for event in events)
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise ChartError(f"{manifest.source}: {HOOK}: {', '.join(unknown)} is no moment; there are {', '.join(EVENTS)}")
    policies = tuple(_words(annotations.get(HOOK_DELETE_POLICY) or BEFORE_CREATION))
    wrong = [policy for policy in policies if policy not in _POLICIES]
    if wrong:
        raise ChartError(f"{manifest.source}: {HOOK_DELETE_POLICY}: {', '.join(wrong)} is not one of {_POLICIES}")
    try:
        weight = int(annotations.get(HOOK_WEIGHT) or 0)
    except ValueError:
        raise ChartError(f"{manifest.source}: {HOOK_WEIGHT}: expected an integer in quotes") from None
    return Hook(manifest, events, weight, policies)


def _words(text: Any) -> list[str]:
    return [word.strip() for word in str(text).split(",") if word.strip()]
