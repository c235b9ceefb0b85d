"""Writing the status of a Build, through outages of the API server: a Build that ended must be known to have ended."""

from __future__ import annotations

import asyncio
from typing import Any

from bouvier.client.rest import Client
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj, name_of, namespace_of, uid_of
from bouvier.meta.resources import BUILDS

PAUSE_SECONDS = 0.5


class GoneError(Exception):
    """The Build is not there any more, or has been ended by somebody else."""


class Reporter:
    """Writes one Build's status; what is remembered goes along with the next report."""

    def __init__(self, client: Client, build: Obj) -> None:
        self._client = client
        self._name, self._namespace, self._uid = name_of(build), namespace_of(build), uid_of(build)
        self._status: dict[str, Any] = {}

    def remember(self, status: dict[str, Any]) -> None:
        """Let the next report say this too."""
        self._status |= status

    async def report(self, body: Obj, **status: Any) -> Obj:
        """Write parts of the Build, trying until the server answers.

        Raises:
            GoneError: there is nothing to report to.
        """
        self.remember(status)
        patch: Obj = {**body, "metadata": {**body.get("metadata", {}), "uid": self._uid}}
        if self._status:
            patch["status"] = self._status
        while True:
            try:
                return await self._client.patch(BUILDS, self._name, patch, namespace=self._namespace)
            except ConnectionError:
                await asyncio.sleep(PAUSE_SECONDS)
            except ApiError as error:
                if error.reason in ("NotFound", "Invalid") or (error.reason == "Conflict" and "UID" in error.message):
                    raise GoneError(error.message) from None
                await asyncio.sleep(PAUSE_SECONDS)
