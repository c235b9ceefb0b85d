"""Which driver a Cluster object of Mesos asks for."""

from __future__ import annotations

from bouvier.clusters.driver import Driver
from bouvier.clusters.mesos.base import MesosOptions
from bouvier.clusters.mesos.forwarders import IMAGE
from bouvier.clusters.mesos.framework_driver import FrameworkDriver
from bouvier.clusters.mesos.marathon_driver import MarathonDriver
from bouvier.meta.objects import Obj, name_of, uid_of


def make_mesos_driver(cluster: Obj) -> Driver:
    """Return the driver: Marathon's where one is named, else our own framework."""
    part = cluster["spec"]["mesos"]
    options = MesosOptions(
        masters=tuple(part["masters"]),
        marathon=tuple(part.get("marathon") or ()),
        containerizer=str(part.get("containerizer") or "mesos").upper(),
        forwarder_image=part.get("forwarderImage") or IMAGE,
    )
    if options.marathon:
        return MarathonDriver(options, uid_of(cluster))
    return FrameworkDriver(options, uid_of(cluster), name_of(cluster))
