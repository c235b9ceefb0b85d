"""Brings claims and volumes together. Keys are `claim:NAMESPACE/NAME` and `volume:NAME`.

One worker, and writes that name the version that was judged: no volume is given away twice. Volumes are made and removed
by whoever stands behind a driver (the hosts, for the platform's own).
"""

from __future__ import annotations

from bouvier.client.events import Recorder
from bouvier.client.informer import Informer, InformerSet
from bouvier.client.rest import Client
from bouvier.client.workqueue import WorkQueue
from bouvier.controllers.runtime.controller import Again
from bouvier.controllers.storage.actions import perform
from bouvier.controllers.storage.binder_plan import World, plan_claim
from bouvier.controllers.storage.volumes_plan import plan_volume
from bouvier.kinds.volumes.questions import host_of
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_condition_true, is_deleting, key_of, labels_of, name_of, uid_of
from bouvier.meta.resources import NODES, PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES

CLAIM, VOLUME = "claim:", "volume:"


class VolumeBinder:
    """Writes the bindings, phases and driver annotations of claims and volumes."""

    name = "volume-binder"
    workers = 1
    reads = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES, STORAGECLASSES, NODES)
    writes = (PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES)

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Watch claims, volumes, classes and hosts."""
        self._queue = queue
        self._claims: Informer = informers.informer(PERSISTENTVOLUMECLAIMS)
        self._volumes: Informer = informers.informer(PERSISTENTVOLUMES)
        self._classes: Informer = informers.informer(STORAGECLASSES)
        self._nodes: Informer = informers.informer(NODES)
        self._claims.add_handler(self._claim_changed)
        self._volumes.add_handler(self._volume_changed)
        self._classes.add_handler(lambda _type, _old, _new: self._look_at_unbound())
        self._nodes.add_handler(self._node_changed)

    async def reconcile(self, key: str) -> Again | None:
        """Take the next step for a claim or volume."""
        if key.startswith(CLAIM):
            claim = self._claims.get(key.removeprefix(CLAIM))
            if claim is not None:
                await perform(self._client, self._recorder, plan_claim(claim, self._world()))
            return None
        volume = self._volumes.get(key.removeprefix(VOLUME))
        if volume is not None:
            claim = await self._claim_of(volume)
            await perform(self._client, self._recorder, plan_volume(volume, claim))
        return None

    def _world(self) -> World:
        return World(
            volumes=self._volumes.items(),
            find_volume=self._volumes.get,
            classes={name_of(each): each for each in self._classes.items()},
            node_labels=self._labels,
            spare_host=self._spare_host,
        )

    def _labels(self, host: str) -> dict[str, str] | None:
        node = self._nodes.get(host)
        return None if node is None else labels_of(node)

    def _spare_host(self) -> str:
        """Return the ready host with the fewest volumes."""
        ready = [n for n in self._nodes.items() if is_condition_true(n, "Ready") and not _is_closed(n)]
        held = [host_of(volume) for volume in self._volumes.items()]
        return min((name_of(node) for node in ready), key=lambda name: (held.count(name), name), default="")

    async def _claim_of(self, volume: Obj) -> Obj | None:
        """Return the claim that the volume is bound to; the server is asked before one is taken for gone."""
        reference = volume["spec"].get("claimRef") or {}
        uid = reference.get("uid")
        if not uid:
            return None
        claim = self._claims.get(f"{reference.get('namespace')}/{reference.get('name')}")
        if claim is not None and uid_of(claim) == uid:
            return claim
        try:
            claim = await self._client.get(PERSISTENTVOLUMECLAIMS, reference["name"], reference["namespace"])
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise
        return claim if uid_of(claim) == uid else None

    def _claim_changed(self, event_type: str, _old: Obj | None, new: Obj) -> None:
        self._queue.add(CLAIM + key_of(new))
        if name := new["spec"].get("volumeName"):
            self._queue.add(VOLUME + name)
        if event_type == "DELETED":
            for volume in self._volumes.items():
                if (volume["spec"].get("claimRef") or {}).get("uid") == uid_of(new):
                    self._queue.add(VOLUME + name_of(volume))

    def _volume_changed(self, _event_type: str, _old: Obj | None, new: Obj) -> None:
        self._queue.add(VOLUME + name_of(new))
        reference = new["spec"].get("claimRef")
        if reference:
            self._queue.add(f"{CLAIM}{reference.get('namespace')}/{reference.get('name')}")
        else:
            self._look_at_unbound()

    def _node_changed(self, _event_type: str, old: Obj | None, new: Obj) -> None:
        if old is None or is_condition_true(old, "Ready") != is_condition_true(new, "Ready"):
            self._look_at_unbound()

    def _look_at_unbound(self) -> None:
        for claim in self._claims.items():
            if (claim.get("status") or {}).get("phase") != "Bound" and not is_deleting(claim):
                self._queue.add(CLAIM + key_of(claim))


def _is_closed(node: Obj) -> bool:
    return bool((node.get("spec") or {}).get("unschedulable")) or is_deleting(node)
