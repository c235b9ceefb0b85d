"""Finding what a user means by NAME, `pod/NAME` or `deployment/NAME`."""

from __future__ import annotations

from typing import NamedTuple

from bouvier.cli.errors import CommandError
from bouvier.client import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, controller_of, is_condition_true, is_deleting, name_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, PODS, REPLICASETS, STATEFULSETS

KINDS = {
    "deployment": DEPLOYMENTS,
    "deployments": DEPLOYMENTS,
    "deploy": DEPLOYMENTS,
    "statefulset": STATEFULSETS,
    "sts": STATEFULSETS,
    "daemonset": DAEMONSETS,
    "ds": DAEMONSETS,
    "replicaset": REPLICASETS,
    "rs": REPLICASETS,
    "pod": PODS,
    "pods": PODS,
    "po": PODS,
}
ORDER = (DEPLOYMENTS, STATEFULSETS, DAEMONSETS, PODS)
"""Where a bare name is looked for."""


class Target(NamedTuple):
    """An object that was found."""

    resource: Resource
    obj: Obj


def parse_target(text: str, allowed: tuple[Resource, ...] = ORDER) -> tuple[tuple[Resource, ...], str]:
    """Return the resources to look in and the name.

    Raises:
        CommandError: a kind that is not known or not possible here.
    """
    kind, slash, name = text.partition("/")
    if not slash:
        return allowed, text
    resource = KINDS.get(kind.lower())
    if resource is None or resource not in allowed or not name:
        possible = ", ".join(f"{entry.kind.lower()}/NAME" for entry in allowed)
        raise CommandError(f"{text}: expected NAME or one of {possible}")
    return (resource,), name


async def find(client: Client, namespace: str, text: str, allowed: tuple[Resource, ...] = ORDER) -> Target:
    """Return the object that `text` names.

    Raises:
        CommandError: there is none.
    """
    resources, name = parse_target(text, allowed)
    for resource in resources:
        try:
            return Target(resource, await client.get(resource, name, namespace))
        except ApiError as error:
            if error.reason != "NotFound":
                raise
    kinds = " or ".join(resource.kind.lower() for resource in resources)
    raise CommandError(
        f"there is no {kinds} {name} in namespace {namespace}", "see what there is: bouvier ps --all-namespaces"
    )


async def pods_of(client: Client, target: Target) -> list[Obj]:
    """Return the pods of a workload (or the pod itself), oldest first."""
    if target.resource == PODS:
        return [target.obj]
    namespace = target.obj["metadata"]["namespace"]
    selector = label_selector(target.obj["spec"].get("selector") or {})
    pods = (await client.list(PODS, namespace, label_selector=selector)).items
    return sorted(pods, key=lambda pod: (pod["metadata"].get("creationTimestamp", ""), name_of(pod)))


def label_selector(selector: Obj) -> str:
    """Return the text form of a label selector object."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for expression in selector.get("matchExpressions") or ():
        key, operator, values = expression["key"], expression["operator"], ",".join(expression.get("values") or ())
        forms = {
            "In": f"{key} in ({values})",
            "NotIn": f"{key} notin ({values})",
            "Exists": key,
            "DoesNotExist": f"!{key}",
        }
        parts.append(forms[operator])
    return ",".join(parts)


def is_owned_by(obj: Obj, owner: Obj) -> bool:
    """Tell whether `owner` controls `obj`."""
    reference = controller_of(obj)
    return reference is not None and reference.get("uid") == owner["metadata"].get("uid")


def choose_pod(pods: list[Obj], text: str) -> Obj:
    """Return the pod to talk to: a ready one before one that runs.

    Raises:
        CommandError: none is running.
    """
    living = [pod for pod in pods if not is_deleting(pod) and pod.get("status", {}).get("phase") == "Running"]
    ready = [pod for pod in living if is_condition_true(pod, "Ready")]
    chosen = next(iter(ready or living), None)
    if chosen is None:
        raise CommandError(f"{text} has no running pod", "why: bouvier ps")
    return chosen
