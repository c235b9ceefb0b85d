"""Driver `docker.bouvier.io/PLUGIN`: volumes of a volume plugin of the engine, or of its own driver `local`.

The parameters of the class become the options of the plugin; `${name}` and `${size}` in them stand for the volume's name
and the claim's size in bytes. Whether a volume is bound to the host follows from the scope that the plugin declares.
Volumes carry the platform's id and are found again by their name.
Source: https://docs.docker.com/engine/extend/plugins_volume/
"""

from __future__ import annotations

from collections.abc import Mapping

from bouvier.engine.errors import EngineError
from bouvier.engine.protocol import Engine
from bouvier.kinds.volumes.names import DOCKER_PREFIX
from bouvier.node.storage.driver import CannotHoldError, Made, Order, RefusedError, StorageError, Traits

VOLUME = "volume"
"""Option of a PersistentVolume's `flexVolume`: the name of the engine's volume; every other option is the plugin's."""
_LABEL = "io.bouvier.volume"
_MODES = frozenset({"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"})


class PluginVolumes:
    """Volumes of one plugin."""

    traits = Traits(_MODES)

    def __init__(self, engine: Engine, platform: str, driver: str) -> None:
        self._engine = engine
        self._platform = platform
        self._driver = driver
        self._plugin = driver.removeprefix(DOCKER_PREFIX)

    async def create(self, order: Order) -> Made:
        """Have the plugin make a volume."""
        if order.from_snapshot or order.from_volume:
            raise RefusedError(f"volumes of plugin {self._plugin} cannot be made from others; use class btrfs")
        words = {"name": order.name, "size": str(order.size_bytes)}
        options = {key: _filled(value, words) for key, value in order.parameters.items()}
        scope = await self.ensure(order.name, options)
        source = {"driver": self._driver, "options": {**options, VOLUME: order.name}}
        return Made({"flexVolume": source}, is_bound_to_host=scope != "global")

    async def ensure(self, name: str, options: Mapping[str, str]) -> str:
        """Make the engine's volume, or find it; return its scope.

        Raises:
            CannotHoldError: this host's engine does not know the plugin, or it refused.
        """
        labels = {_LABEL: self._platform}
        try:
            return await self._engine.create_driver_volume(name, self._plugin, options, labels)
        except EngineError as error:
            raise CannotHoldError(f"volume plugin {self._plugin}: {error}") from error

    async def remove(self, name: str) -> None:
        """Have the plugin remove a volume."""
        try:
            await self._engine.remove_volume(name)
        except EngineError as error:
            raise StorageError(f"volume plugin {self._plugin}: {error}") from error

    async def resize(self, name: str, size_bytes: int) -> None:
        """Refuse: the plugins' protocol has no way to do it."""
        raise RefusedError(
            f"volume {name} cannot grow to {size_bytes} bytes: volume plugins of the engine cannot resize"
        )


def _filled(text: str, words: Mapping[str, str]) -> str:
    for key, value in words.items():
        text = text.replace("${" + key + "}", value)
    return text
