"""The volumes of one pod: made before its containers, kept up to date, removed with it.

Volumes made from objects are rewritten when their objects change and when tokens age. Memory volumes belong to the
engine, because mounts that an agent makes are not seen by an engine in a mount namespace of its own; the sandbox holds
them, so that they outlive restarts of containers.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bouvier.engine.protocol import Engine
from bouvier.engine.specs import Mount, MountKind
from bouvier.kinds.volumes.questions import ephemeral_name
from bouvier.meta.objects import Obj, uid_of
from bouvier.meta.quantities import whole
from bouvier.meta.resources import SECRETS
from bouvier.node.pods import identity
from bouvier.node.pods.environment import ConfigError, Sources
from bouvier.node.pods.needs import Reference
from bouvier.node.volumes import host_path
from bouvier.node.volumes.atomic import write_files
from bouvier.node.volumes.claims import ClaimMounts, Find
from bouvier.node.volumes.contents import Inputs, contents, is_made_of_objects, references, token_requests
from bouvier.node.volumes.mounts import PreparedVolume
from bouvier.node.volumes.ownership import give, group_of
from bouvier.node.volumes.tokens import PodTokens

_EMPTY_MODE = 0o777
_SET_GROUP_ID = 0o2000
_PLAIN_KEYS = frozenset({"name"})

SourcesFor = Callable[[Obj, Iterable[Reference]], Awaitable[Sources]]
"""Fetches the referenced objects of a pod."""
FindFor = Callable[[Obj], Find]
"""Returns how single objects are found for a pod."""


class PodVolumes:
    """All volumes of one pod."""

    def __init__(
        self,
        engine: Engine,
        platform: str,
        folder: Path,
        secrets: Path,
        *,
        tokens: PodTokens,
        sources_for: SourcesFor,
        claims: ClaimMounts,
        find_for: FindFor,
    ) -> None:
        self._engine = engine
        self._platform = platform
        self._folder = folder
        self._secrets = secrets
        self._tokens = tokens
        self._sources_for = sources_for
        self._claims = claims
        self._find_for = find_for
        self.prepared: dict[str, PreparedVolume] = {}

    @property
    def renew_at(self) -> float:
        """Return when contents must be looked at again although no object changed; 0 for never."""
        return self._tokens.renew_at

    async def prepare(self, pod: Obj) -> None:
        """Make every volume.

        Raises:
            ConfigError: a volume cannot be made; the text names it.
        """
        for volume in pod["spec"].get("volumes") or ():
            try:
                self.prepared[volume["name"]] = await self._prepare(pod, volume)
            except (ConfigError, OSError) as error:
                raise ConfigError(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}') from error

    async def refresh(self, pod: Obj) -> None:
        """Rewrite what is made from objects, where it changed.

        Raises:
            ConfigError: as `prepare`.
        """
        for volume in pod["spec"].get("volumes") or ():
            if is_made_of_objects(volume):
                self.prepared[volume["name"]] = await self._write(pod, volume)

    async def remove(self, uid: str) -> None:
        """Remove everything that was made."""
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self._secrets, ignore_errors=True)
        for name in await self._engine.volumes({identity.UID: uid, identity.PLATFORM: self._platform}):
            await self._engine.remove_volume(name)

    def sandbox_mounts(self) -> tuple[Mount, ...]:
        """Return the memory volumes that the sandbox must hold."""
        memory = [(name, v) for name, v in self.prepared.items() if v.kind is MountKind.VOLUME and not v.lasts]
        return tuple(Mount(f"/volumes/{name}", volume.source, MountKind.VOLUME) for name, volume in memory)

    async def _prepare(self, pod: Obj, volume: Obj) -> PreparedVolume:
        if "emptyDir" in volume:
            return await self._empty(pod, volume)
        if path := volume.get("hostPath"):
            host_path.prepare(path["path"], path.get("type") or "")
            return PreparedVolume(path["path"])
        if is_made_of_objects(volume):
            return await self._write(pod, volume)
        if claim := volume.get("persistentVolumeClaim"):
            return await self._claim(pod, claim["claimName"], read_only=bool(claim.get("readOnly")))
        if volume.get("ephemeral"):
            return await self._claim(pod, ephemeral_name(pod, volume), read_only=False)
        if nfs := volume.get("nfs"):
            inline = {"metadata": {"name": f"{uid_of(pod)}-{volume['name']}"}, "spec": {"nfs": nfs}}
            return await self._claims.mount(inline, read_only=False)
        kinds = ", ".join(sorted(volume.keys() - _PLAIN_KEYS)) or "emptyDir (written out)"
        raise ConfigError(
            f"volumes of kind {kinds} are not supported by this node; supported are emptyDir, hostPath, configMap, "
            "secret, downwardAPI, projected, persistentVolumeClaim, ephemeral and nfs"
        )

    async def _claim(self, pod: Obj, name: str, *, read_only: bool) -> PreparedVolume:
        found = await self._claims.prepare(pod, name, self._find_for(pod), read_only=read_only)
        if found.takes_group and group_of(pod) is not None:
            await asyncio.to_thread(give, Path(found.source), pod, read_only=found.read_only)
        return found

    async def _empty(self, pod: Obj, volume: Obj) -> PreparedVolume:
        empty = volume["emptyDir"] or {}
        group = group_of(pod)
        if empty.get("medium") == "Memory":
            return await self._memory(pod, volume["name"], empty, group)
        folder = self._folder / volume["name"]
        if not folder.is_dir():
            folder.mkdir(parents=True)
            if group is not None:
                os.chown(folder, -1, group)
            folder.chmod(_EMPTY_MODE | (0 if group is None else _SET_GROUP_ID))
        return PreparedVolume(str(folder))

    async def _memory(self, pod: Obj, name: str, empty: Obj, group: int | None) -> PreparedVolume:
        source = identity.volume_name(self._platform, uid_of(pod), name)
        mode = "mode=0777" if group is None else f"mode=2777,gid={group}"
        size = whole(empty["sizeLimit"]) if empty.get("sizeLimit") else 0
        await self._engine.create_volume(source, identity.pod_labels(self._platform, pod), mode=mode, size_bytes=size)
        return PreparedVolume(source, MountKind.VOLUME)

    async def _write(self, pod: Obj, volume: Obj) -> PreparedVolume:
        requests = list(token_requests(volume))
        wanted = list(references(volume))
        sources = await self._sources_for(pod, wanted)
        tokens = {request: await self._tokens.get(pod, request) for request in requests}
        files = contents(volume, pod, Inputs(sources, tokens))
        is_secret = bool(requests) or any(reference.resource == SECRETS for reference in wanted)
        folder = (self._secrets if is_secret else self._folder) / volume["name"]
        folder.mkdir(parents=True, exist_ok=True)
        write_files(folder, files, group_of(pod))
        return PreparedVolume(str(folder), read_only=True)
