"""ComponentStatus: store, scheduler and controllers, each as this server sees it at the moment of the question.

The store is asked for a key. Scheduler and controllers are at work when they follow the cluster's objects by watches
that are open now.
"""

from __future__ import annotations

import orjson

from bouvier.apiserver.cache.entry import Entry
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call
from bouvier.apiserver.request import Response
from bouvier.apiserver.verbs.answers import render_entry
from bouvier.apiserver.verbs.listing import selection_of, write_list
from bouvier.meta.objects import Obj
from bouvier.store.interface import StoreUnavailableError

FOLLOWERS = {"controller-manager": "system:kube-controller-manager", "scheduler": "system:kube-scheduler"}
DRIVER = "system:cluster-driver"
"""Who does the work of both in clusters other than `local`."""
STORE = "etcd-0"


async def answer(call: Call, verb: str) -> Response:
    """Answer a get or a list, the only verbs there are."""
    found = [_entry(name, *state) for name, state in sorted((await _states(call)).items())]
    if verb == "get":
        for entry in found:
            if entry.name == call.target.name:
                return render_entry(call, entry)
        raise call.missing()
    selection = selection_of(call)
    chosen = [entry for entry in found if selection.matches(entry)]
    return write_list(call, chosen, {"resourceVersion": str(call.context.hub.revision)})


async def _states(call: Call) -> dict[str, tuple[bool, str]]:
    """Return for each component whether it is well, and what there is to say."""
    states = {STORE: await _store(call)}
    for component, user in FOLLOWERS.items():
        name = user if call.cluster == LOCAL else DRIVER
        is_there = call.context.followers[call.cluster, name] > 0
        states[component] = (is_there, "ok" if is_there else f"{name} follows no objects of this cluster at the moment")
    return states


async def _store(call: Call) -> tuple[bool, str]:
    try:
        await call.context.store.get("health")
    except StoreUnavailableError as error:
        return False, str(error)
    return True, "ok"


def _entry(name: str, is_well: bool, text: str) -> Entry:  # noqa: FBT001 - a state is a pair
    condition: Obj = {"type": "Healthy", "status": "True" if is_well else "False", "message": text}
    obj: Obj = {
        "kind": "ComponentStatus",
        "apiVersion": "v1",
        "metadata": {"name": name},
        "conditions": [condition],
    }
    return Entry("", name, orjson.dumps(obj), 0)
