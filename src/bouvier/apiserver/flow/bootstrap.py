"""Making and repairing the objects that flow control starts with.

Mandatory objects are always put right. Suggested ones follow this version of the server as long as their annotation
`apf.kubernetes.io/autoupdate-spec` says so; without it they do until somebody has changed them. Objects with the annotation that
this version no longer knows are removed.
Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#maintenance-of-the-mandatory-and-suggested-configuration-objects
"""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.apiserver import codec
from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.clusters.directory import LOCAL
from bouvier.apiserver.context import Call, Context
from bouvier.apiserver.internal import SELF, internal_request
from bouvier.apiserver.request import Target
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.deleting import Options, delete_entry
from bouvier.apiserver.verbs.updating import change_object
from bouvier.kinds.flowcontrol_v1 import born
from bouvier.meta.objects import Obj, name_of

MANAGER = "api-priority-and-fairness-config-producer-v1"
SCHEMAS, LEVELS = "flowschemas", "prioritylevelconfigurations"
BORN: dict[str, tuple[Sequence[Obj], Sequence[Obj]]] = {
    LEVELS: (born.MANDATORY_LEVELS, born.SUGGESTED_LEVELS),
    SCHEMAS: (born.MANDATORY_SCHEMAS, born.SUGGESTED_SCHEMAS),
}
"""Mandatory and suggested objects; levels first, so that no schema is ever without its level."""
_AT_ONCE = Options(None, "", "", "", dry_run=False)


async def ensure(context: Context) -> None:
    """Bring the objects of `local` into the form that they should have.

    Raises:
        ApiError: a write was refused.
    """
    for plural, (mandatory, suggested) in BORN.items():
        cache = cache_of(context, plural)
        for obj in mandatory:
            await _ensure(context, cache, plural, obj, always=True)
        for obj in suggested:
            await _ensure(context, cache, plural, obj, always=False)
        await _remove_outdated(context, cache, plural, {name_of(one) for one in (*mandatory, *suggested)})


def cache_of(context: Context, plural: str) -> ResourceCache:
    """Return the cached objects that rule the server."""
    return context.hub.resource(LOCAL, born.GROUP, plural)


def call_of(context: Context, plural: str, name: str, manager: str, subresource: str = "") -> Call:
    """Return a call of the server's own on one of the objects."""
    kind = context.kinds.find(LOCAL, born.GROUP, "v1", plural)
    assert kind is not None
    request = internal_request(LOCAL, SELF)
    request.query_text = f"fieldManager={manager}"
    return Call(context, request, kind, Target(born.GROUP, "v1", plural, "", name, subresource, ""))


async def _ensure(context: Context, cache: ResourceCache, plural: str, wanted: Obj, *, always: bool) -> None:
    entry = cache.entries.get(f"/{name_of(wanted)}")
    if entry is None:
        await create_object(call_of(context, plural, "", MANAGER), _copy(wanted))
    elif repaired(entry.decode(), wanted, always=always) is not None:
        call = call_of(context, plural, name_of(wanted), MANAGER)
        await change_object(call, lambda live: repaired(live, wanted, always=always) or live)


def repaired(live: Obj, wanted: Obj, *, always: bool) -> Obj | None:
    """Return an object as it should be, None when it is."""
    follows = always or follows_server(live)
    annotations = live["metadata"].get("annotations") or {}
    spec = _wanted_spec(live, wanted)
    is_marked = annotations.get(born.AUTO_UPDATE) == str(follows).lower()
    if is_marked and (not follows or live.get("spec") == spec):
        return None
    changed = {**live, "metadata": {**live["metadata"]}}
    changed["metadata"]["annotations"] = {**annotations, born.AUTO_UPDATE: str(follows).lower()}
    if follows:
        changed["spec"] = spec
    return changed


def follows_server(live: Obj) -> bool:
    """Tell whether an object's spec is the server's: as its annotation says, else until somebody has changed it."""
    says = ((live["metadata"].get("annotations") or {}).get(born.AUTO_UPDATE) or "").lower()
    if says in ("1", "t", "true"):
        return True
    return says not in ("0", "f", "false") and live["metadata"].get("generation", 1) == 1


def _wanted_spec(live: Obj, wanted: Obj) -> Obj:
    """Return the spec that an object should have; what the exempt level holds back and lends is the users'."""
    spec: Obj = _copy(wanted)["spec"]
    exempt = (live.get("spec") or {}).get("exempt")
    return spec | {"exempt": exempt} if spec.get("exempt") and exempt else spec


async def _remove_outdated(context: Context, cache: ResourceCache, plural: str, known: set[str]) -> None:
    for entry in list(cache.entries.values()):
        if entry.name in known or born.AUTO_UPDATE.encode() not in entry.value:
            continue
        live = entry.decode()
        annotation = (live["metadata"].get("annotations") or {}).get(born.AUTO_UPDATE) or ""
        if annotation.lower() in ("1", "t", "true"):
            await delete_entry(call_of(context, plural, entry.name, MANAGER), entry, _AT_ONCE)


def _copy(obj: Obj) -> Obj:
    """Return a deep copy: what is stored gets a uid and more."""
    return codec.decode(codec.dumps(obj))
