"""Changing the key: every stored value is written anew, then the old keys go. See `design/audit.md`.

The state is in the files: a ring with several keys means that a rotation is not done. So it may be killed at any moment, and the
next start goes on by itself.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass

import structlog

from bouvier.apiserver.cache.hub import StoreKey
from bouvier.apiserver.sealing.sealer import SEALED, Sealer, SealError
from bouvier.meta.errors import ApiError
from bouvier.store.interface import RevisionMismatchError, Store, Stored
from bouvier.util.clock import now_text

log = structlog.get_logger(__name__)

PAGE_VALUES = 200
"""Values that are read at a time: some ms of work between two turns of the event loop."""
IDLE, REWRITING, COMPACTING, DONE, FAILED = "idle", "rewriting", "compacting", "done", "failed"


@dataclass(slots=True)
class Progress:
    """How far a rotation is."""

    phase: str = IDLE
    looked_at: int = 0
    total: int = 0
    rewritten: int = 0
    message: str = ""


class Rotation:
    """Rotates the keys of one server's store."""

    def __init__(self, store: Store, sealer: Sealer, count_objects: Callable[[], int]) -> None:
        self._store = store
        self._sealer = sealer
        self._count_objects = count_objects
        self._task: asyncio.Task[None] | None = None
        self._begun_at = 0
        """Revision at which the rotation began. What is written later in plain is written so by the server itself (claims of
        numbers, leases), again and again: it must not keep a rotation from ending."""
        self.progress = Progress()

    def report(self) -> dict[str, object]:
        """Return progress and keys, for people."""
        facts = asdict(self.progress)
        return {
            "phase": facts["phase"],
            "lookedAt": facts["looked_at"],
            "total": facts["total"],
            "rewritten": facts["rewritten"],
            "message": facts["message"],
            "keys": self._sealer.ring.names,
            "usesPlatformKeys": self._sealer.uses_ring,
        }

    def begin(self) -> None:
        """Start a rotation, or go on with one that is not done. A key is drawn where the platform's own keys write.

        Raises:
            ApiError: other servers share the store, and would not have the new key.

        """
        if self._task is not None:
            return
        ring = self._sealer.ring
        if self._sealer.uses_ring:
            if self._store.is_shared:
                raise ApiError(
                    "BadRequest",
                    "several servers may share this store, and each has its own pki/seal.keys: give all of them the same"
                    " file by --encryption-provider-config, with the new key first, and rotate again",
                )
            if len(ring.names) == 1:
                ring.add(f"{now_text()[:10]}-{secrets.token_hex(2)}")
        self._start()

    def resume(self) -> None:
        """Go on with a rotation that an earlier process did not finish."""
        if len(self._sealer.ring.names) > 1 and self._sealer.uses_ring and not self._store.is_shared:
            self._start()

    def _start(self) -> None:
        self.progress = Progress(REWRITING)
        self._begun_at = self._store.revision
        self._task = asyncio.create_task(self._run(), name="key-rotation")

    async def stop(self) -> None:
        """Leave the rest to the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while await self._pass():
                pass
            self.progress.phase = COMPACTING
            if len(self._sealer.ring.names) > 1 and self._sealer.uses_ring:
                await self._store.compact(self._store.revision)  # the cache reads old states at boot
                self._sealer.ring.drop_old()
            self.progress.phase = DONE
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("the key rotation stopped", phase=self.progress.phase)
            self.progress.message = str(error) if isinstance(error, SealError | OSError) else type(error).__name__
            self.progress.phase = FAILED
        finally:
            self._task = None

    async def _pass(self) -> bool:
        """Look at every value once; tell whether any had to be written, or was written by somebody meanwhile."""
        self.progress.looked_at, self.progress.total = 0, self._count_objects()
        after, found = "", False
        while True:
            page = await self._store.list("", limit=PAGE_VALUES, after=after)
            for stored in page.items:
                found = await self._renew(stored) or found
                self.progress.looked_at += 1
            if not page.more:
                return found
            after = page.items[-1].key
            await asyncio.sleep(0)

    async def _renew(self, stored: Stored) -> bool:
        key = StoreKey.parse(stored.key)
        if self._sealer.is_current(stored.value, key.group, key.plural):
            return False
        plain = self._sealer.open(stored.key, stored.value)
        value = self._sealer.seal(stored.key, plain, key.group, key.plural)
        try:
            await self._store.update(stored.key, value, stored.revision)
        except RevisionMismatchError:
            return True  # who was faster has used the new key; the next pass makes sure
        self.progress.rewritten += 1
        return stored.value.startswith(SEALED) or stored.revision <= self._begun_at
