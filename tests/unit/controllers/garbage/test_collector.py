"""The collector against a small world whose news arrive late and in any order."""

import asyncio
import itertools
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.controllers.garbage.collector import GarbageCollector
from bouvier.controllers.garbage.graph import FOREGROUND, ORPHAN, vertex
from bouvier.meta.errors import ApiError, modified, not_found
from bouvier.meta.resources import CONFIGMAPS


class Server:
    """Objects with versions, finalizers and guarded writes, as the API server keeps them."""

    def __init__(self):
        self.objects = {}
        self.news = []
        self.deleted_by_collector = []
        self._version = itertools.count(1)

    def create(self, name, owners=()):
        references = [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "name": owner,
                "uid": self.objects.get(owner, {"metadata": {"uid": f"uid-{owner}-gone"}})["metadata"]["uid"],
                "blockOwnerDeletion": blocks,
            }
            for owner, blocks in owners
        ]
        uid = f"uid-{name}-{next(self._version)}"
        self._store({"metadata": {"name": name, "namespace": "ns", "uid": uid, "ownerReferences": references}})

    def user_deletes(self, name, propagation):
        finalizer = {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(propagation, [])
        if name in self.objects and not self.objects[name]["metadata"].get("deletionTimestamp"):
            self._mark(name, finalizer)

    def _mark(self, name, finalizers):
        metadata = {**self.objects[name]["metadata"], "deletionTimestamp": "2030-01-01T00:00:00Z"}
        metadata["finalizers"] = [*(metadata.get("finalizers") or []), *finalizers]
        self._store({"metadata": metadata})

    def _store(self, obj):
        metadata = {**obj["metadata"], "resourceVersion": str(next(self._version))}
        obj = {"metadata": metadata}
        if metadata.get("deletionTimestamp") and not metadata.get("finalizers"):
            self.objects.pop(metadata["name"], None)
            self.news.append(("removed", obj))
        else:
            self.objects[metadata["name"]] = obj
            self.news.append(("changed", obj))
        return obj

    # The part of the client that the collector uses

    async def get(self, _resource, name, _namespace=""):
        if name not in self.objects:
            raise not_found("configmaps", name)
        return self.objects[name]

    async def delete(self, resource, name, namespace="", *, propagation="", uid="", resource_version=""):
        metadata = (await self.get(resource, name))["metadata"]
        if (uid, resource_version) != (metadata["uid"], metadata["resourceVersion"]):
            raise modified("configmaps", name)
        self.check_no_owner_lives(metadata)
        self.deleted_by_collector.append(name)
        self._mark(name, {"Foreground": [FOREGROUND], "Orphan": [ORPHAN]}.get(propagation, []))

    async def patch(self, resource, name, body, *, namespace=""):
        metadata = (await self.get(resource, name))["metadata"]
        if body["metadata"].pop("resourceVersion") != metadata["resourceVersion"]:
            raise modified("configmaps", name)
        return self._store({"metadata": {**metadata, **body["metadata"]}})

    def check_no_owner_lives(self, metadata):
        for reference in metadata["ownerReferences"]:
            owner = self.objects.get(reference["name"], {"metadata": {"uid": ""}})["metadata"]
            assert owner["uid"] != reference["uid"] or FOREGROUND in (owner.get("finalizers") or []), metadata


class World:
    def __init__(self):
        self.server = Server()
        self.collector = GarbageCollector(self.server)
        self.collector._discovery = SimpleNamespace(find=lambda _version, _kind: CONFIGMAPS)
        self.collector._monitors = SimpleNamespace(waiting_for=list)
        self.collector._started = True
        self.keys = []
        self.collector._queue = SimpleNamespace(add=self.keys.append)

    def hear(self, count=None):
        graph = self.collector._graph
        for _ in range(len(self.server.news) if count is None else min(count, len(self.server.news))):
            event, obj = self.server.news.pop(0)
            if event == "changed":
                self.keys += graph.put(vertex(CONFIGMAPS, obj))
            else:
                self.keys += graph.remove(obj["metadata"]["uid"])

    async def work(self, index=0):
        if self.keys:
            key = self.keys.pop(index % len(self.keys))
            try:
                await self.collector.reconcile(key)
            except ApiError as error:
                if error.reason not in ("Conflict", "NotFound"):
                    raise
                self.keys.append(key)

    async def settle(self):
        for _ in range(500):
            self.hear()
            if not self.keys:
                return
            await self.work()
        raise AssertionError("never settles")

    def names(self):
        return set(self.server.objects)


def settled(build):
    async def run():
        world = World()
        build(world.server)
        await world.settle()
        return world

    return asyncio.run(run())


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_nothing_with_a_living_owner_is_ever_deleted(data):
    """In any order of creations, deletions, news and work; and in the end nothing is left whose owners are all gone."""

    async def run():
        world = World()
        made = []
        for _ in range(data.draw(st.integers(3, 25))):
            step = data.draw(st.sampled_from(["create", "create", "delete", "hear", "work", "work"]))
            if step == "create":
                owners = data.draw(st.lists(st.sampled_from(made), max_size=2, unique=True)) if made else []
                name = f"o{len(made)}"
                world.server.create(name, [(owner, data.draw(st.booleans())) for owner in owners])
                made.append(name)
            elif step == "delete" and made:
                policy = data.draw(st.sampled_from(["Background", "Foreground", "Orphan"]))
                world.server.user_deletes(data.draw(st.sampled_from(made)), policy)
            elif step == "hear":
                world.hear(data.draw(st.integers(1, 5)))
            elif step == "work":
                await world.work(data.draw(st.integers(0, 20)))
        await world.settle()
        living = {obj["metadata"]["uid"] for obj in world.server.objects.values()}
        for obj in world.server.objects.values():
            references = obj["metadata"]["ownerReferences"] or []
            assert not references or any(r["uid"] in living for r in references)
            assert not obj["metadata"].get("deletionTimestamp")

    asyncio.run(run())


def test_background_deletion_takes_dependents_of_dependents():
    """Deleting a Deployment removes its ReplicaSets and their pods."""

    def build(server):
        server.create("deployment")
        server.create("set", [("deployment", True)])
        server.create("pod", [("set", True)])
        server.create("stranger")
        server.user_deletes("deployment", "Background")

    assert settled(build).names() == {"stranger"}


def test_foreground_deletion_keeps_the_owner_until_its_dependents_are_gone():
    """`kubectl delete --cascade=foreground` returns when everything is gone."""

    def build(server):
        server.create("owner")
        server.create("child", [("owner", True)])
        server.user_deletes("owner", "Foreground")

    world = settled(build)
    assert world.names() == set()
    assert world.server.deleted_by_collector == ["child"]


def test_orphaned_dependents_stay_without_owner():
    """`kubectl delete --cascade=orphan` leaves the pods running."""

    def build(server):
        server.create("owner")
        server.create("child", [("owner", True)])
        server.user_deletes("owner", "Orphan")

    world = settled(build)
    assert world.names() == {"child"}
    assert not world.server.objects["child"]["metadata"]["ownerReferences"]


def test_one_living_owner_of_two_keeps_the_object():
    """The reference to the dead owner is removed, the object stays."""

    def build(server):
        server.create("dead")
        server.create("alive")
        server.create("child", [("dead", False), ("alive", False)])
        server.user_deletes("dead", "Background")

    world = settled(build)
    assert world.names() == {"alive", "child"}
    assert [r["name"] for r in world.server.objects["child"]["metadata"]["ownerReferences"]] == ["alive"]


def test_a_namesake_of_the_owner_is_not_the_owner():
    """Owners are their uid: a new object under the old name does not keep the old one's dependents."""

    def build(server):
        server.create("owner")
        server.create("child", [("owner", False)])
        server.user_deletes("owner", "Background")
        server.create("owner")

    assert settled(build).names() == {"owner"}


def test_an_owner_that_never_existed_does_not_keep_its_dependent():
    """A dangling reference is verified at the server, then the object goes."""
    assert settled(lambda server: server.create("child", [("nobody", False)])).names() == set()


def test_a_circle_of_foreground_deletions_ends():
    """Two objects that own each other do not wait for each other for ever."""

    def build(server):
        server.create("a")
        server.create("b", [("a", True)])
        a = server.objects["a"]["metadata"]
        b_reference = {**server.objects["b"]["metadata"]["ownerReferences"][0], "name": "b"}
        b_reference["uid"] = server.objects["b"]["metadata"]["uid"]
        server._store({"metadata": {**a, "ownerReferences": [b_reference]}})
        server.user_deletes("a", "Foreground")

    assert settled(build).names() == set()
