"""Named volumes of a project: a claim each, and a storage class for each driver of the engine with its options.

Claims have no owner: they and their data stay when the stack goes, and the next stack of that name finds them again.
`driver` names a storage class (`local`, `btrfs`, one of the platform's own) or a volume plugin of the engine.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from bouvier.kinds.volumes.names import BTRFS_CLASS, DOCKER_PREFIX, LOCAL_CLASS, WAIT
from bouvier.meta.objects import Obj
from bouvier.stacks.compose.fields import Fields
from bouvier.stacks.compose.loading import Project
from bouvier.stacks.compose.values import dns_label, size

USUAL_SIZE = "1Gi"
"""Of a volume without `driver_opts.size`; class `local` does not enforce it."""
PER_CONTAINER = "a volume of each container lives as long as its pod; for lasting ones use a StatefulSet"


class LastingVolumes:
    """The claims and classes that a project asks for."""

    def __init__(self, project: Project, stack: str) -> None:
        self._stack = stack
        self._claims: dict[str, str] = {}
        self._per_container: set[str] = set()
        self.claims: dict[str, Obj] = {}
        """By name; those that are used or declared, without external ones."""
        self.classes: dict[str, Obj] = {}
        for name, given in (project.compose.data.get("volumes") or {}).items():
            self._declare(name, Fields(given or {}, f"volumes.{name}", project.compose, project.ignored))

    def claim(self, name: str) -> str:
        """Return the claim of a named volume, one with the default class if it was not declared; empty if it has none."""
        if name in self._per_container:
            return ""
        if name not in self._claims:
            self._claims[name] = dns_label(name)
            self._add(dns_label(name), None, USUAL_SIZE)
        return self._claims[name]

    def why_not(self, name: str) -> str:
        """Return why a volume has no claim."""
        return PER_CONTAINER if name in self._per_container else ""

    def _declare(self, name: str, fields: Fields) -> None:
        external = fields.take("external")
        own_name = fields.text("name") or (external.get("name", "") if isinstance(external, dict) else "")
        driver, options = fields.text("driver"), fields.pairs("driver_opts")
        is_per_container = fields.flag("per_container")
        fields.finish({"labels": "labels of volumes are not kept"})
        if is_per_container:
            self._per_container.add(name)
            return
        self._claims[name] = dns_label(own_name or name)
        if external:
            return
        wanted = options.pop("size", "")
        try:
            amount = size(wanted) if wanted else USUAL_SIZE
        except ValueError as error:
            raise fields.error("driver_opts.size", str(error)) from None
        self._add(self._claims[name], self._class(driver, options, wanted), amount)

    def _class(self, driver: str, options: dict[str, str], wanted: str) -> str | None:
        """Return the storage class for a driver, None for the default one."""
        if driver in ("", LOCAL_CLASS) and not options:
            return None if not driver or not wanted else driver
        if driver == BTRFS_CLASS and not options:
            return driver
        plugin = driver or LOCAL_CLASS
        parameters = options | ({"size": "${size}"} if wanted else {})
        digest = hashlib.sha256(json.dumps([plugin, parameters], sort_keys=True).encode()).hexdigest()[:8]
        name = f"engine-{dns_label(plugin)[:40]}-{digest}"
        self.classes[name] = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": DOCKER_PREFIX + plugin,
            "parameters": parameters,
            "reclaimPolicy": "Retain",
            "volumeBindingMode": WAIT,
        }
        return name

    def _add(self, name: str, storage_class: str | None, amount: Any) -> None:
        spec: Obj = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": amount}}}
        if storage_class is not None:
            spec["storageClassName"] = storage_class
        metadata = {"name": name}
        self.claims[name] = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": metadata,
            "spec": spec,
        }
