"""The contract of every controller.

A controller is told *that* something about a key may have changed, never *what*: `reconcile` reads the present state
from caches, decides with pure functions from its `…plan.py`, and performs the decision. It may be called at any time,
any number of times, for keys whose object is gone. One key is never worked on twice at once.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from bouvier.client.informer import InformerSet
from bouvier.client.workqueue import WorkQueue
from bouvier.meta.gvk import Resource


class Again(NamedTuple):
    """The wish to see the same key again after some time, whatever happens meanwhile."""

    after_seconds: float


class Controller(Protocol):
    """Keeps one kind of promise about the objects it reads, by writing others."""

    @property
    def name(self) -> str:
        """Return its name in logs."""

    @property
    def workers(self) -> int:
        """Return how many keys are worked on at once."""

    @property
    def reads(self) -> tuple[Resource, ...]:
        """Return what it decides from."""

    @property
    def writes(self) -> tuple[Resource, ...]:
        """Return what it changes; `design/ownership.md` says which fields."""

    def register(self, informers: InformerSet, queue: WorkQueue) -> None:
        """Take the informers it reads from and attach handlers that put keys into `queue`; called once, before start."""

    async def reconcile(self, key: str) -> Again | None:
        """Bring the world nearer to what the object of `key` asks for.

        Raises:
            Temporary: try again later with growing delays; `ApiError` and `ConnectionError` mean the same.
            Permanent: rest until an object changes.
        """


@runtime_checkable
class Background(Protocol):
    """A controller that also needs a task of its own while it leads."""

    async def run(self) -> None:
        """Work until cancelled."""
