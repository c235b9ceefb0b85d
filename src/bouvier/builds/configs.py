"""The BuildConfig controller: whose turn it is, what triggers, and how much history stays.

A Build moves from New to Pending here, when its run policy allows it; from then on it is the builder's. Cancelled Builds
that did not begin end here. Keys are those of BuildConfigs; a Build without one is keyed `build/NAMESPACE/NAME`.
"""

from __future__ import annotations

from typing import Any

from bouvier.builds.resolving import image_of
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.kinds.build_v1.buildconfigs import HISTORY_LIMIT
from bouvier.kinds.build_v1.builds import config_name, phase_of
from bouvier.kinds.build_v1.generating import PAUSED, image_sources, outdated, turns
from bouvier.meta.objects import Obj, annotations_of, is_deleting, key_of, name_of, namespace_of, uid_of
from bouvier.meta.resources import BUILDCONFIGS, BUILDS, IMAGESTREAMS
from bouvier.util.clock import now_text

CANCELLED = {"phase": "Cancelled", "reason": "CancelledBuild", "message": "The build was cancelled by the user."}
REPLACED = {"phase": "Cancelled", "reason": "CancelledBuild", "message": "A newer build replaces this one."}
OWN_PREFIX = "build/"


class BuildConfigController:
    """Starts Builds in their turn, and by their triggers."""

    name = "buildconfig"
    workers = 2
    reads = (BUILDCONFIGS, BUILDS, IMAGESTREAMS)
    writes = (BUILDCONFIGS, BUILDS)

    def __init__(self, client: Client) -> None:
        self._client = client

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch configurations, their Builds, and the streams that trigger them."""
        self._queue = queue
        self._configs: Informer = informers.informer(BUILDCONFIGS)
        self._builds: Informer = informers.informer(BUILDS)
        self._streams: Informer = informers.informer(IMAGESTREAMS)
        self._configs.add_handler(lambda _type, _old, new: queue.add(key_of(new)))
        self._builds.add_handler(lambda _type, _old, new: queue.add(_owner_key(new)))
        self._streams.add_handler(lambda _type, _old, new: self._stream_changed(new))

    async def reconcile(self, key: str) -> None:
        """Bring the Builds of one configuration forward."""
        if key.startswith(OWN_PREFIX):
            build = self._builds.get(key.removeprefix(OWN_PREFIX))
            if build is not None:
                await self._forward([build], "Parallel")
            return
        config = self._configs.get(key)
        builds = [one for one in self._builds.items(key.partition("/")[0]) if _owner_key(one) == key]
        if config is None or is_deleting(config):
            return
        await self._forward(builds, config["spec"].get("runPolicy", "Serial"))
        await self._trigger(config, builds)
        spec = config["spec"]
        limits = [spec.get(f"{kind}BuildsHistoryLimit", HISTORY_LIMIT) for kind in ("successful", "failed")]
        for name in outdated(builds, *limits):
            await self._client.delete(BUILDS, name, namespace_of(config))

    async def _forward(self, builds: list[Obj], policy: str) -> None:
        for build in builds:
            if phase_of(build) == "New" and (build.get("status") or {}).get("cancelled"):
                await self._set(build, CANCELLED | {"completionTimestamp": now_text()})
        decided = turns(builds, policy)
        for build in builds:
            if name_of(build) in decided.drop:
                await self._set(build, REPLACED | {"cancelled": True, "completionTimestamp": now_text()})
            elif name_of(build) in decided.start:
                await self._set(build, {"phase": "Pending"})

    async def _set(self, build: Obj, status: dict[str, Any]) -> None:
        """Write a status, if the Build is still as it was judged."""
        metadata = {"uid": uid_of(build), "resourceVersion": build["metadata"]["resourceVersion"]}
        body = {"metadata": metadata, "status": status}
        await self._client.patch(BUILDS, name_of(build), body, namespace=namespace_of(build))

    async def _trigger(self, config: Obj, builds: list[Obj]) -> None:
        if annotations_of(config).get(PAUSED) == "true":
            return
        changed = self._changed_images(config)
        if changed:
            await self._start_by_image(config, changed)
            return
        types = {trigger.get("type") for trigger in config["spec"].get("triggers") or ()}
        waits_for_image = any(self._image(*source[1:3]) is None for source in image_sources(config))
        last = (config.get("status") or {}).get("lastVersion") or 0
        if "ConfigChange" in types and not last and not builds and not waits_for_image:
            await self._instantiate(
                config, {"lastVersion": 0, "triggeredBy": [{"message": "Build configuration change"}]}
            )

    def _changed_images(self, config: Obj) -> list[tuple[str, str, str]]:
        """Return `(namespace, stream:tag, image)` of images that no Build was started for."""
        found = []
        for _, namespace, name, change in image_sources(config):
            image = self._image(namespace, name)
            if image is not None and image["dockerImageReference"] != change.get("lastTriggeredImageID"):
                found.append((namespace, name, str(image["dockerImageReference"])))
        return found

    def _image(self, namespace: str, name: str) -> dict[str, Any] | None:
        return image_of(self._streams.get(f"{namespace}/{name.partition(':')[0]}"), name)

    async def _start_by_image(self, config: Obj, changed: list[tuple[str, str, str]]) -> None:
        last = (config.get("status") or {}).get("lastVersion") or 0
        causes = [
            {
                "message": "Image change",
                "imageChangeBuild": {
                    "imageID": image,
                    "fromRef": {"kind": "ImageStreamTag", "namespace": namespace, "name": name},
                },
            }
            for namespace, name, image in changed
        ]
        await self._instantiate(config, {"lastVersion": last, "triggeredBy": causes})

    async def _instantiate(self, config: Obj, request: Obj) -> None:
        body = {
            "apiVersion": BUILDS.api_version,
            "kind": "BuildRequest",
            "metadata": {"name": name_of(config)},
            **request,
        }
        await self._client.create(
            BUILDCONFIGS, body, namespace=namespace_of(config), name=name_of(config), subresource="instantiate"
        )

    def _stream_changed(self, stream: Obj) -> None:
        for config in self._configs.items():
            wanted = {(namespace, name.partition(":")[0]) for _, namespace, name, _ in image_sources(config)}
            if (namespace_of(stream), name_of(stream)) in wanted:
                self._queue.add(key_of(config))


def _owner_key(build: Obj) -> str:
    config = config_name(build)
    return f"{namespace_of(build)}/{config}" if config else f"{OWN_PREFIX}{key_of(build)}"
