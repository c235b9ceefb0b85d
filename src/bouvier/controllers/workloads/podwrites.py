"""Creates and deletes pods for a controller, never twice: see `runtime.expectations`."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.controllers.runtime.batches import slow_start
from bouvier.controllers.runtime.expectations import OVERDUE_SECONDS, Expectations
from bouvier.controllers.workloads.replicaset_status import Failure
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, key_of, name_of, namespace_of, split_key, uid_of
from bouvier.meta.resources import PODS

NAMESPACE_ENDS = "NamespaceTerminating"


class PodWriter:
    """The pod writes of one controller and what is expected of them."""

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self.expectations = Expectations()
        self._client = client
        self._recorder = recorder

    def observe(self, event_type: str, pod: Obj) -> None:
        """Take note of what the cache delivers."""
        self.expectations.created(key_of(pod))
        if event_type == "DELETED" or is_deleting(pod):
            self.expectations.deleted(uid_of(pod))

    async def waiting(self, key: str) -> float | None:
        """Return None if the cache shows all earlier writes, else how long to wait at most before asking again.

        What should long have been seen is looked up at the server, and dropped if it never came to be.
        """
        for pending in self.expectations.overdue(key):
            if not pending.creation:
                self.expectations.deleted(pending.what)
            elif not await self._exists(pending.what):
                self.expectations.created(pending.what)
        return None if self.expectations.satisfied(key) else OVERDUE_SECONDS

    async def create(self, key: str, owner: Obj, pods: Sequence[Obj]) -> Failure | None:
        """Create the pods in growing batches; return why it stopped early, None if it did not."""
        self.expectations.creating(key, map(key_of, pods))
        tried: set[str] = set()

        async def create_one(pod: Obj) -> None:
            tried.add(name_of(pod))
            await self._create(owner, pod)

        _, error = await slow_start(pods, create_one)
        for pod in pods:
            if name_of(pod) not in tried:
                self.expectations.created(key_of(pod))
        if error is None or is_namespace_ending(error):
            return None
        return Failure("FailedCreate", str(error))

    async def delete(self, key: str, owner: Obj, pods: Sequence[Obj]) -> Failure | None:
        """Delete the pods in growing batches; return why it stopped early, None if it did not."""
        self.expectations.deleting(key, map(uid_of, pods))
        tried: set[str] = set()

        async def delete_one(pod: Obj) -> None:
            tried.add(uid_of(pod))
            await self._delete(owner, pod)

        _, error = await slow_start(pods, delete_one)
        for pod in pods:
            if uid_of(pod) not in tried:
                self.expectations.deleted(uid_of(pod))
        return Failure("FailedDelete", str(error)) if error else None

    async def _create(self, owner: Obj, pod: Obj) -> None:
        """Create one pod; a broken connection leaves it expected, because it may exist."""
        try:
            await self._client.create(PODS, pod)
        except ApiError as error:
            self.expectations.created(key_of(pod))
            if not is_namespace_ending(error):
                self._recorder.event(owner, "Warning", "FailedCreate", f"Error creating: {error}")
            raise
        self._recorder.event(owner, "Normal", "SuccessfulCreate", f"Created pod: {name_of(pod)}")

    async def _delete(self, owner: Obj, pod: Obj) -> None:
        try:
            await self._client.delete(PODS, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except (ApiError, ConnectionError) as error:
            self.expectations.deleted(uid_of(pod))
            if _is_gone(error):
                return
            self._recorder.event(owner, "Warning", "FailedDelete", f"Error deleting: {error}")
            raise
        self._recorder.event(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {name_of(pod)}")

    async def _exists(self, pod_key: str) -> bool:
        namespace, name = split_key(pod_key)
        try:
            await self._client.get(PODS, name, namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return False
            raise
        return True


def _is_gone(error: Exception) -> bool:
    """Tell whether the pod that should be deleted is not there any more, or a namesake took its place."""
    return isinstance(error, ApiError) and error.reason in ("NotFound", "Conflict")


def is_namespace_ending(error: Exception) -> bool:
    """Tell whether the refusal says that the namespace is being deleted."""
    if not isinstance(error, ApiError):
        return False
    return any(cause.get("reason") == NAMESPACE_ENDS for cause in error.details.get("causes") or ())
