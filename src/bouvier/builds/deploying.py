"""Image triggers of workloads: a new image in a stream rolls out where the annotation asks for it.

The annotation is OpenShift's, `image.openshift.io/triggers`: a JSON list of `{"from": {"kind": "ImageStreamTag", "name",
"namespace"}, "fieldPath", "paused"}`. Deployments, StatefulSets and DaemonSets are followed. A workload that waits for
its first image (`build.bouvier.io/waits-for-image`) is paused until there is one.
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from bouvier.builds.resolving import image_of
from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import STRATEGIC, Client
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.objects import Obj, annotations_of, is_deleting, key_of, name_of, namespace_of
from bouvier.meta.resources import DAEMONSETS, DEPLOYMENTS, IMAGESTREAMS, STATEFULSETS

TRIGGERS = "image.openshift.io/triggers"
WAITS = "build.bouvier.io/waits-for-image"
WORKLOADS = {resource.plural: resource for resource in (DEPLOYMENTS, STATEFULSETS, DAEMONSETS)}
_PATH = re.compile(
    r"spec\.template\.spec\.(?P<list>containers|initContainers)"
    r"\[(?:(?P<index>\d+)|\?\(@\.name==[\"'](?P<name>[^\"']+)[\"']\))\]\.image"
)


class ImageTriggerController:
    """Writes the newest images of streams into workloads."""

    name = "image-trigger"
    workers = 2
    reads = (*WORKLOADS.values(), IMAGESTREAMS)
    writes = tuple(WORKLOADS.values())

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._workloads: dict[str, Informer] = {}

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch streams and workloads."""
        self._queue = queue
        self._streams: Informer = informers.informer(IMAGESTREAMS)
        self._streams.add_handler(lambda _type, _old, new: self._stream_changed(new))
        for plural, resource in WORKLOADS.items():
            self._workloads[plural] = informers.informer(resource)
            self._workloads[plural].add_handler(self._noter(plural))

    def _noter(self, plural: str) -> Any:
        def note(_type: Any, _old: Obj | None, new: Obj) -> None:
            if TRIGGERS in annotations_of(new):
                self._queue.add(f"{plural}/{key_of(new)}")

        return note

    async def reconcile(self, key: str) -> None:
        """Bring the images of one workload up to date."""
        plural, _, name = key.partition("/")
        workload = self._workloads[plural].get(name)
        if workload is None or is_deleting(workload):
            return
        workload = {"apiVersion": "apps/v1", "kind": WORKLOADS[plural].kind, **workload}
        try:
            patch = self._patch(workload)
        except ValueError as error:
            self._recorder.event(workload, "Warning", "BadTrigger", f"annotation {TRIGGERS}: {error}")
            return
        if patch:
            await self._client.patch(
                WORKLOADS[plural], name_of(workload), patch, namespace=namespace_of(workload), kind=STRATEGIC
            )

    def _patch(self, workload: Obj) -> Obj:
        """Return what has to change, empty when nothing has to."""
        images: dict[str, list[dict[str, str]]] = {}
        is_complete = True
        for trigger in triggers_of(workload):
            field, container = container_of(workload, trigger)
            image = self._newest(workload, trigger)
            if image is None:
                is_complete = False
            elif container.get("image") != image and not trigger.get("paused"):
                images.setdefault(field, []).append({"name": container["name"], "image": image})
        spec: Obj = {"template": {"spec": images}} if images else {}
        patch: Obj = {"spec": spec} if spec else {}
        if WAITS in annotations_of(workload) and is_complete:
            patch = {"spec": spec | {"paused": None}, "metadata": {"annotations": {WAITS: None}}}
        if patch:
            patch.setdefault("metadata", {})["uid"] = workload["metadata"]["uid"]
        return patch

    def _newest(self, workload: Obj, trigger: Obj) -> str | None:
        origin = trigger["from"]
        namespace = origin.get("namespace") or namespace_of(workload)
        stream = self._streams.get(f"{namespace}/{origin['name'].partition(':')[0]}")
        image = image_of(stream, origin["name"])
        return str(image["dockerImageReference"]) if image else None

    def _stream_changed(self, stream: Obj) -> None:
        for plural, cache in self._workloads.items():
            for workload in cache.items():
                if TRIGGERS in annotations_of(workload) and name_of(stream) in annotations_of(workload)[TRIGGERS]:
                    self._queue.add(f"{plural}/{key_of(workload)}")


def triggers_of(workload: Obj) -> list[Obj]:
    """Return the triggers of a workload.

    Raises:
        ValueError: the annotation is not what it should be.
    """
    try:
        triggers = orjson.loads(annotations_of(workload)[TRIGGERS])
    except orjson.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if not isinstance(triggers, list):
        raise ValueError("is not a list")  # noqa: TRY004 - a wrong annotation, not a wrong argument
    for trigger in triggers:
        origin = trigger.get("from") if isinstance(trigger, dict) else None
        if not isinstance(origin, dict) or origin.get("kind") != "ImageStreamTag" or not origin.get("name"):
            raise ValueError('each entry needs "from": {"kind": "ImageStreamTag", "name": "STREAM:TAG"}')
    return triggers


def container_of(workload: Obj, trigger: Obj) -> tuple[str, dict[str, Any]]:
    """Return the list and the container that a trigger's `fieldPath` names.

    Raises:
        ValueError: it names none.
    """
    path = str(trigger.get("fieldPath") or "")
    found = _PATH.fullmatch(path)
    pod = workload["spec"]["template"]["spec"]
    if found:
        for index, container in enumerate(pod.get(found["list"]) or ()):
            if container["name"] == found["name"] or str(index) == found["index"]:
                return found["list"], container
    raise ValueError(f"fieldPath {path!r} names no container's image of this workload")
