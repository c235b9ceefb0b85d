"""From a claim in a pod to a path that can be mounted: claim → volume → what the volume is made of.

Objects are followed one by one (`references`), so a pod whose claim is not ready yet is tried again when it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bouvier.engine.specs import MountKind
from bouvier.kinds.volumes.names import BTRFS_DRIVER, DOCKER_PREFIX
from bouvier.kinds.volumes.questions import ephemeral_claims, host_of, is_bound, is_owned_by, volume_mode
from bouvier.kinds.volumes.sources import handle_parts
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj, is_deleting, name_of
from bouvier.meta.resources import PERSISTENTVOLUMECLAIMS, PERSISTENTVOLUMES
from bouvier.node.pods.environment import ConfigError
from bouvier.node.storage.driver import StorageError
from bouvier.node.storage.drivers import Drivers
from bouvier.node.storage.plan import stored_name
from bouvier.node.storage.plugins import VOLUME
from bouvier.node.volumes import host_path
from bouvier.node.volumes.mounts import PreparedVolume

Find = Callable[[Resource, str], Awaitable[Obj | None]]
"""Returns an object of the pod's namespace, or of the cluster, by name."""


@dataclass(frozen=True, slots=True)
class ClaimMounts:
    """Prepares the claims of pods of one host."""

    host: str
    drivers: Drivers

    async def prepare(self, pod: Obj, name: str, find: Find, *, read_only: bool) -> PreparedVolume:
        """Return what to mount for a claim of a pod.

        Raises:
            ConfigError: the claim is missing or not bound, or this host cannot mount its volume.
        """
        claim = await find(PERSISTENTVOLUMECLAIMS, name)
        if claim is None:
            raise ConfigError(f'persistentvolumeclaim "{name}" not found')
        if name in ephemeral_claims(pod) and not is_owned_by(claim, pod):
            raise ConfigError(f'persistentvolumeclaim "{name}" was made for another pod')
        volume = await find(PERSISTENTVOLUMES, claim["spec"].get("volumeName") or "")
        if volume is None or not is_bound(claim, volume):
            raise ConfigError(f'persistentvolumeclaim "{name}" is not bound')
        if is_deleting(claim):
            raise ConfigError(f'persistentvolumeclaim "{name}" is being deleted')
        return await self.mount(volume, read_only=read_only)

    async def mount(self, volume: Obj, *, read_only: bool) -> PreparedVolume:
        """Return what to mount for a volume.

        Raises:
            ConfigError: this host cannot mount it; the text says why.
        """
        if host_of(volume) not in ("", self.host):
            raise ConfigError(f"volume {name_of(volume)} is on host {host_of(volume)}, this is {self.host}")
        if volume_mode(volume) == "Block":
            raise ConfigError("volumeMode Block is not supported by this node: use Filesystem")
        if stored_name(volume) in self.drivers.busy:
            raise ConfigError(f"volume {name_of(volume)} is being put back to a snapshot")
        try:
            return await self._source(volume, read_only=read_only)
        except StorageError as error:
            raise ConfigError(str(error)) from error

    async def _source(self, volume: Obj, *, read_only: bool) -> PreparedVolume:
        spec = volume["spec"]
        if local := spec.get("local"):
            return self._local(local["path"], read_only=read_only)
        if path := spec.get("hostPath"):
            host_path.prepare(path["path"], path.get("type") or "")
            return PreparedVolume(path["path"], read_only=read_only)
        if csi := spec.get("csi"):
            return await self._csi(csi, read_only=read_only)
        if flex := spec.get("flexVolume"):
            return await self._flex(flex, name_of(volume), read_only=read_only)
        if nfs := spec.get("nfs"):
            folder = await self.drivers.nfs.mount(name_of(volume), nfs, spec.get("mountOptions") or ())
            return PreparedVolume(str(folder), read_only=read_only or bool(nfs.get("readOnly")))
        known = "local, hostPath, nfs, csi (btrfs.bouvier.io), flexVolume (docker.bouvier.io/PLUGIN)"
        kinds = ", ".join(sorted(key for key in spec if isinstance(spec[key], dict) and key not in _NOT_SOURCES))
        raise ConfigError(f"volumes of kind {kinds} are not supported by this node; supported are {known}")

    def _local(self, path: str, *, read_only: bool) -> PreparedVolume:
        if not Path(path).exists():
            raise ConfigError(f'path "{path}" does not exist on {self.host}')
        return PreparedVolume(path, read_only=read_only, takes_group=True)

    async def _csi(self, csi: Obj, *, read_only: bool) -> PreparedVolume:
        if csi["driver"] != BTRFS_DRIVER:
            raise ConfigError(f"CSI driver {csi['driver']} is not supported by this node; {BTRFS_DRIVER} is")
        pool, name = self.drivers.btrfs, handle_parts(csi["volumeHandle"])[1]
        await pool.mount()
        if not pool.path(name).is_dir():
            raise ConfigError(f"volume {name} is not in the btrfs file system of {self.host}")
        return PreparedVolume(str(pool.path(name)), read_only=read_only or bool(csi.get("readOnly")), takes_group=True)

    async def _flex(self, flex: Obj, name: str, *, read_only: bool) -> PreparedVolume:
        driver, options = flex["driver"], dict(flex.get("options") or {})
        if not driver.startswith(DOCKER_PREFIX):
            raise ConfigError(f"flexVolume driver {driver} is not supported by this node; {DOCKER_PREFIX}PLUGIN is")
        stored = options.pop(VOLUME, name)
        await self.drivers.plugin(driver).ensure(stored, options)
        return PreparedVolume(stored, MountKind.VOLUME, read_only or bool(flex.get("readOnly")), lasts=True)


_NOT_SOURCES = frozenset({"capacity", "claimRef", "nodeAffinity"})
