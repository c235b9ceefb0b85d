"""Answers that name objects of the cluster: services, certificates, secrets, claims, storage classes.

A service may be named as NAME, in the release's namespace, or as NAMESPACE/NAME; Rancher's templates say STACK/SERVICE, and a
stack is a namespace. Everything else is looked for in the release's namespace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from bouvier.catalog.answering import is_shown
from bouvier.catalog.entries import COMPOSE, Package
from bouvier.catalog.helm.values import value_at
from bouvier.catalog.questions import Question
from bouvier.catalog.releases.cluster import Cluster
from bouvier.catalog.releases.plan import Refused
from bouvier.meta.objects import Obj, name_of

SHOWN = 10
"""Names that a refusal offers."""


class Target(NamedTuple):
    """What an answer names."""

    api_version: str
    kind: str
    word: str
    secret_type: str = ""
    is_namespaced: bool = True


TARGETS = {
    "service": Target("v1", "Service", "service"),
    "certificate": Target("v1", "Secret", "certificate (a Secret of type kubernetes.io/tls)", "kubernetes.io/tls"),
    "secret": Target("v1", "Secret", "secret"),
    "pvc": Target("v1", "PersistentVolumeClaim", "volume claim"),
    "storageclass": Target("storage.k8s.io/v1", "StorageClass", "storage class", is_namespaced=False),
}


async def resolve_references(cluster: Cluster, package: Package, values: dict[str, Any], namespace: str) -> None:
    """Check the answers that name objects; those of compose templates become NAMESPACE/NAME, in place.

    Raises:
        Refused: there is no such object; what there is stands beside it.
    """
    errors: list[str] = []
    for question in _asked(package.questions, values):
        answer = value_at(values, question.variable)
        target = TARGETS[question.type]
        place, name = _place(question, str(answer), namespace)
        present = await _present(cluster, target, place)
        if name not in present:
            errors.append(f"{question.variable}: {_missing(target, place, name, present)}")
        elif question.type == "service" and package.format == COMPOSE:
            values[question.variable] = f"{place}/{name}"
    if errors:
        raise Refused("InvalidAnswers", errors)


def _asked(questions: Sequence[Question], values: dict[str, Any]) -> list[Question]:
    """Return the questions whose answers name objects and are given."""
    texts = {one.variable: str(value_at(values, one.variable) or "") for one in questions}
    return [one for one in questions if one.type in TARGETS and texts[one.variable] and is_shown(one.show_if, texts)]


def _place(question: Question, answer: str, namespace: str) -> tuple[str, str]:
    if question.type == "service" and "/" in answer:
        place, _, name = answer.partition("/")
        return place, name
    return namespace if TARGETS[question.type].is_namespaced else "", answer


async def _present(cluster: Cluster, target: Target, namespace: str) -> list[str]:
    found: list[Obj] = (await cluster.lookup(target.api_version, target.kind, namespace, "")).get("items", [])
    return sorted(name_of(one) for one in found if not target.secret_type or one.get("type") == target.secret_type)


def _missing(target: Target, namespace: str, name: str, present: Sequence[str]) -> str:
    where = f" in namespace {namespace}" if namespace else ""
    more = f" and {len(present) - SHOWN} more" if len(present) > SHOWN else ""
    have = f"there are {', '.join(present[:SHOWN])}{more}" if present else "there are none"
    return f"there is no {target.word} {name}{where}; {have}"
