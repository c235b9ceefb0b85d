"""Which host's business an object of storage is: its agent, and no other, may change it.

A volume belongs to the host that made it, a snapshot to the host in its handle, a claim to the host that was chosen for it
or that made its volume.
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.kinds.volumes.names import MADE_ON
from bouvier.kinds.volumes.questions import selected_node
from bouvier.kinds.volumes.sources import handle_parts
from bouvier.meta.objects import Obj, annotations_of

CLAIMS = ("", "persistentvolumeclaims")
VOLUMES = ("", "persistentvolumes")
CONTENTS = ("snapshot.storage.k8s.io", "volumesnapshotcontents")
STORAGE = frozenset({CLAIMS, VOLUMES, CONTENTS})


def is_of_host(operation: Operation, host: str) -> bool:
    """Tell whether the object, as it was before the change, is that host's business."""
    subject = operation.old or operation.obj or {"metadata": {}, "spec": {}}
    if operation.resource == VOLUMES:
        return annotations_of(subject).get(MADE_ON) == host
    if operation.resource == CONTENTS:
        source = subject["spec"].get("source") or {}
        return handle_parts(source.get("volumeHandle") or source.get("snapshotHandle") or "")[0] == host
    return selected_node(subject) == host or _maker(operation, subject) == host


def _maker(operation: Operation, claim: Obj) -> str:
    """Return the host that made the volume which a claim holds."""
    call = operation.call
    volumes = call.context.hub.resource(call.cluster, *VOLUMES).entries
    entry = volumes.get(f"/{claim['spec'].get('volumeName') or ''}")
    return annotations_of(entry.decode()).get(MADE_ON, "") if entry else ""
