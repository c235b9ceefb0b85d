"""What the API server asks through the tunnel, and which container it means (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from bouvier.meta.errors import ApiError, bad_request, not_found
from bouvier.meta.objects import Obj, uid_of
from bouvier.node.pods.records import PodRecords, Record
from bouvier.node.pods.spec import all_containers_of, find_container, statuses_of

_DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


@dataclass(frozen=True, slots=True)
class TunnelRequest:
    """One message on the tunnel."""

    id: str
    op: str
    namespace: str = ""
    pod: str = ""
    uid: str = ""
    container: str = ""
    options: dict[str, Any] | None = None

    def option(self, name: str) -> str:
        """Return an option as text, the first value of several; empty when it is not given."""
        value = (self.options or {}).get(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, bool):
            return "true" if value else ""
        return "" if value is None else str(value)

    def flag(self, name: str) -> bool:
        """Return an option that is on or off."""
        return self.option(name).lower() in {"true", "1"}

    def number(self, name: str) -> int | None:
        """Return an option that is a number, None when it is not given.

        Raises:
            ApiError: it is something else.
        """
        text = self.option(name)
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise bad_request(f'{name}: "{text}" is not a number') from None

    def words(self, name: str) -> tuple[str, ...]:
        """Return an option that may be given several times."""
        value = (self.options or {}).get(name)
        if value is None:
            return ()
        return tuple(str(word) for word in value) if isinstance(value, list) else (str(value),)


def parse(data: bytes) -> TunnelRequest:
    """Read a message.

    Raises:
        ValueError: it is not a request.
    """
    document = orjson.loads(data)
    if not isinstance(document, dict) or not document.get("id") or not document.get("op"):
        raise ValueError("a tunnel request needs an id and an op")
    names = ("id", "op", "namespace", "pod", "uid", "container", "options")
    return TunnelRequest(**{name: document[name] for name in names if document.get(name)})


def check_pod(request: TunnelRequest, pod: Obj | None) -> Obj:
    """Return the pod if it is the one that is meant.

    Raises:
        ApiError: it is not on this host.
    """
    if pod is None or (request.uid and uid_of(pod) != request.uid):
        raise not_found("pods", request.pod)
    return pod


def container_name(request: TunnelRequest, pod: Obj) -> str:
    """Return the container that is meant: the one named, the annotated default, or the only one.

    Raises:
        ApiError: there is no such container.
    """
    annotated = (pod["metadata"].get("annotations") or {}).get(_DEFAULT_CONTAINER, "")
    name = request.container or request.option("container") or annotated or str(pod["spec"]["containers"][0]["name"])
    if find_container(pod, name) is None:
        names = " ".join(container["name"] for _, container in all_containers_of(pod))
        raise bad_request(f"container {name} is not valid for pod {request.pod}: its containers are {names}")
    return name


def log_record(request: TunnelRequest, name: str, records: PodRecords, waiting: str) -> Record:
    """Return the container whose log is asked for; `waiting` is the reason why there may be none yet.

    Raises:
        ApiError: it has no log.
    """
    found = records.containers.get(name, ())
    begun = [record for record in found if not record.is_created]
    if request.flag("previous"):
        newest = records.newest(name)
        older = [r for r in begun if r.is_exited and newest and r.attempt < newest.attempt]
        if not older:
            raise bad_request(f'previous terminated container "{name}" in pod "{request.pod}" not found')
        return older[0]
    if not begun:
        raise bad_request(f'container "{name}" in pod "{request.pod}" is waiting to start: {waiting}')
    return begun[0]


def running_record(request: TunnelRequest, name: str, records: PodRecords) -> Record:
    """Return the running container.

    Raises:
        ApiError: it does not run.
    """
    record = records.newest(name)
    if record is None or not record.is_running:
        raise ApiError("InternalError", f'container "{name}" of pod "{request.pod}" is not running', code=500)
    return record


def waiting_reason(pod: Obj, name: str) -> str:
    """Return why a container waits, as its status says."""
    status = pod.get("status") or {}
    for entry in statuses_of(status):
        if entry["name"] == name and "waiting" in (entry.get("state") or {}):
            return str(entry["state"]["waiting"].get("reason") or "ContainerCreating")
    return "ContainerCreating"
