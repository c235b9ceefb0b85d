"""What an upgrade hook does to a workload when an image was pushed. Pure.

Only images that the containers run already (or that the hook names) get another tag: a payload cannot bring in a
stranger's image. A tag that is pushed anew under the same name replaces the pods, which then pull by their own policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from bouvier.hooks.decision import Change, Outcome, Step, hindrance, made_by, mark, refused, unchanged
from bouvier.hooks.images import Image, is_same
from bouvier.hooks.images import parse as parse_image
from bouvier.hooks.payloads import Push
from bouvier.meta.objects import Obj, name_of

PUSHED = "hooks.bouvier.io/pushed"
"""Annotation of the pod template: the call after which the same tag is to be pulled anew."""


def chosen(receiver: Obj, pushes: Sequence[Push]) -> list[Push]:
    """Return the pushes that the hook's tag pattern and repository let through."""
    wish = receiver["spec"].get("upgrade") or {}
    pattern, repository = wish.get("tags") or "*", wish.get("repository", "")
    return [
        push
        for push in pushes
        if fnmatchcase(push.tag, pattern) and (not repository or is_same(push.repository, repository))
    ]


def plan(receiver: Obj, call: str, live: Obj, pushes: Sequence[Push]) -> Step | Outcome:
    """Return the step that brings the pushed images into one workload, or why there is none."""
    name = name_of(receiver)
    earlier = made_by(live, name, call)
    if earlier is not None:
        return Step(earlier, {}, is_made=True)
    pods = live["spec"]["template"]["spec"]
    only = (receiver["spec"].get("upgrade") or {}).get("container", "")
    lists: dict[str, list[dict[str, str]]] = {}
    found: list[tuple[str, str]] = []
    for field in ("initContainers", "containers"):
        for container in pods.get(field) or ():
            after = _image_after(container, pushes)
            if after and only in ("", container["name"]):
                lists.setdefault(field, []).append({"name": container["name"], "image": after})
                found.append((container.get("image", ""), after))
    if not found:
        images = ", ".join(sorted({p.repository for p in pushes}))
        return unchanged(f"{live['kind'].lower()}/{name_of(live)} runs no image of {images}")
    if why := hindrance(live):
        return refused(why)
    return _step(name, call, live, lists, found)


def _image_after(container: Obj, pushes: Sequence[Push]) -> str:
    """Return the image that a container gets, empty when no push is of its repository."""
    present = parse_image(container.get("image", ""))
    after = ""
    for push in pushes:
        if is_same(push.repository, present.repository):
            after = Image(present.repository, push.tag, push.digest).text
    return after


def _step(
    name: str, call: str, live: Obj, lists: dict[str, list[dict[str, str]]], found: list[tuple[str, str]]
) -> Step:
    before = ", ".join(dict.fromkeys(one for one, _ in found))
    after = ", ".join(dict.fromkeys(other for _, other in found))
    change = Change(live["kind"], name_of(live), before, after, live["apiVersion"])
    template: Obj = {"spec": lists}
    if all(one == other for one, other in found):
        template["metadata"] = {"annotations": {PUSHED: call}}
    metadata = {"resourceVersion": live["metadata"]["resourceVersion"], "annotations": mark(name, call, before, after)}
    return Step(change, {"metadata": metadata, "spec": {"template": template}})
