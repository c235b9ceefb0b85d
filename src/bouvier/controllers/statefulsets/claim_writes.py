"""Makes claims before their pods, and keeps their owners as the retention policy says."""

from __future__ import annotations

from bouvier.client.events import Recorder
from bouvier.client.rest import Client
from bouvier.controllers.runtime.errors import Temporary
from bouvier.controllers.statefulsets.claims import (
    claim_name,
    goes_with_former_pod,
    new_claims,
    templates_of,
    wanted_owners,
)
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, is_deleting, name_of, namespace_of, uid_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS


class ClaimWriter:
    """The claim writes of the StatefulSet controller."""

    def __init__(self, client: Client, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self._checked: dict[str, tuple[int, bool]] = {}
        """By pod: the generation of its set and whether it was condemned when its claims' owners were last right."""

    async def ensure(self, stateful_set: Obj, pod: Obj) -> None:
        """Make the claims that a pod lacks.

        Raises:
            Temporary: a claim of a former pod is still going away.
            ApiError: a claim was refused; an event says so too.
        """
        for claim in new_claims(stateful_set, name_of(pod)):
            present = await self._find(namespace_of(claim), name_of(claim))
            if present is None:
                await self._create(stateful_set, pod, claim)
            elif is_deleting(present) or goes_with_former_pod(present, name_of(pod)):
                raise Temporary(f"pvc {name_of(claim)} is being deleted")

    async def retain(self, stateful_set: Obj, pod: Obj, *, is_condemned: bool) -> None:
        """Give the claims of an existing pod the owners that they should have; looked up once for each state."""
        if not templates_of(stateful_set):
            return
        state = (stateful_set["metadata"].get("generation", 0), is_condemned)
        if self._checked.get(uid_of(pod)) == state:
            return
        for template in templates_of(stateful_set):
            claim = await self._find(namespace_of(pod), claim_name(template, name_of(pod)))
            if claim is not None:
                await self._own(stateful_set, claim, pod, is_condemned=is_condemned)
        self._checked[uid_of(pod)] = state

    def forget(self, pod: Obj) -> None:
        """Drop what is known about a pod that is gone."""
        self._checked.pop(uid_of(pod), None)

    async def _own(self, stateful_set: Obj, claim: Obj, pod: Obj, *, is_condemned: bool) -> None:
        present = claim["metadata"].get("ownerReferences") or []
        wanted = wanted_owners(stateful_set, present, pod, is_condemned=is_condemned)
        if wanted == present:
            return
        metadata = {
            "uid": uid_of(claim),
            "resourceVersion": claim["metadata"]["resourceVersion"],
            "ownerReferences": wanted or None,
        }
        await self._client.patch(
            PERSISTENTVOLUMECLAIMS, name_of(claim), {"metadata": metadata}, namespace=namespace_of(claim)
        )

    async def _create(self, stateful_set: Obj, pod: Obj, claim: Obj) -> None:
        what = f"create Claim {name_of(claim)} Pod {name_of(pod)} in StatefulSet {name_of(stateful_set)}"
        try:
            await self._client.create(PERSISTENTVOLUMECLAIMS, claim)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                return
            self._recorder.event(stateful_set, "Warning", "FailedCreate", f"{what} failed error: {error}")
            raise
        self._recorder.event(stateful_set, "Normal", "SuccessfulCreate", f"{what} success")

    async def _find(self, namespace: str, name: str) -> Obj | None:
        try:
            return await self._client.get(PERSISTENTVOLUMECLAIMS, name, namespace)
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise
