"""The drivers of one host, by name."""

from __future__ import annotations

from pathlib import Path

from bouvier.engine.protocol import Engine
from bouvier.kinds.volumes.names import BTRFS_DRIVER, DOCKER_PREFIX, LOCAL_DRIVER
from bouvier.node.storage.btrfs import BtrfsPool
from bouvier.node.storage.driver import Driver
from bouvier.node.storage.local import LocalFolders
from bouvier.node.storage.nfs import NfsMounts
from bouvier.node.storage.plugins import PluginVolumes


class Drivers:
    """Finds the driver of a volume."""

    def __init__(self, engine: Engine, platform: str, host: str, folder: Path) -> None:
        self.local = LocalFolders(folder / "local")
        self.btrfs = BtrfsPool(folder, host)
        self.nfs = NfsMounts(folder / "nfs")
        self.busy: set[str] = set()
        """Names of volumes whose contents are being replaced: no pod may begin to use them."""
        self._engine = engine
        self._platform = platform

    def find(self, name: str) -> Driver | None:
        """Return a driver by its name, None for one of somebody else."""
        if name == LOCAL_DRIVER:
            return self.local
        if name == BTRFS_DRIVER:
            return self.btrfs
        return self.plugin(name) if name.startswith(DOCKER_PREFIX) else None

    def plugin(self, name: str) -> PluginVolumes:
        """Return the driver for a volume plugin of the engine."""
        return PluginVolumes(self._engine, self._platform, name)
