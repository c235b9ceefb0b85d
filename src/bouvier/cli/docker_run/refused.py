"""Options of `docker run` that are known and refused, each with the reason and the way out.

An option that is taken and ignored would be a lie; one that is unknown would look like a typing error.
"""

from __future__ import annotations

from typing import NamedTuple


class Refused(NamedTuple):
    """An option that cannot be honoured."""

    name: str
    takes_value: bool
    why: str


_IO = "limits of disk speed are not carried by pods; give the workload a host of its own with a node selector"
_CPU = "use --cpus, which sets the same limit in whole and parts of processors"
_WINDOWS = "it exists only on Windows hosts"
_NETWORK = "every pod has an address of its own from the platform; reach it by its service name"

REFUSED = (
    Refused("attach", True, "use -i and -t, or bouvier logs -f"),
    Refused("blkio-weight", True, _IO),
    Refused("blkio-weight-device", True, _IO),
    Refused("cgroup-parent", True, "the platform places pods in control groups of its own"),
    Refused("cgroupns", True, "pods always have the engine's default"),
    Refused("cidfile", True, "use -o json, which prints the objects that were made"),
    Refused("cpu-count", True, _WINDOWS),
    Refused("cpu-percent", True, _WINDOWS),
    Refused("cpu-period", True, _CPU),
    Refused("cpu-quota", True, _CPU),
    Refused("cpu-rt-period", True, "real-time scheduling is not given to pods"),
    Refused("cpu-rt-runtime", True, "real-time scheduling is not given to pods"),
    Refused("cpuset-cpus", True, _CPU),
    Refused("cpuset-mems", True, "memory is not bound to nodes of a processor"),
    Refused("detach-keys", True, "end the client instead: the container goes on"),
    Refused("device", True, "use --privileged, which gives all devices"),
    Refused("device-cgroup-rule", True, "use --privileged, which gives all devices"),
    Refused("device-read-bps", True, _IO),
    Refused("device-read-iops", True, _IO),
    Refused("device-write-bps", True, _IO),
    Refused("device-write-iops", True, _IO),
    Refused("disable-content-trust", False, "signatures are not checked here, so there is nothing to switch off"),
    Refused("domainname", True, "pods are named under the cluster's domain; use --hostname for the first part"),
    Refused("gpus", True, "this platform does not hand out graphics processors yet"),
    Refused("io-maxbandwidth", True, _WINDOWS),
    Refused("io-maxiops", True, _WINDOWS),
    Refused("ip", True, _NETWORK),
    Refused("ip6", True, _NETWORK),
    Refused("isolation", True, _WINDOWS),
    Refused("kernel-memory", True, "Linux no longer limits it; use --memory"),
    Refused("link", True, "name the other workload's service in an environment variable: its name resolves by DNS"),
    Refused("link-local-ip", True, _NETWORK),
    Refused("log-driver", True, "logs are kept by the platform; read them by bouvier logs"),
    Refused("log-opt", True, "logs are kept by the platform; read them by bouvier logs"),
    Refused("mac-address", True, _NETWORK),
    Refused("memory-swap", True, "pods do not swap"),
    Refused("memory-swappiness", True, "pods do not swap"),
    Refused("network-alias", True, "use --name: the service of that name is what others find"),
    Refused("oom-kill-disable", False, "a container over its limit is ended; raise --memory"),
    Refused("oom-score-adj", True, "it follows from the requests and limits of the pod"),
    Refused("pids-limit", True, "it is a setting of the host, not of a pod"),
    Refused("publish-all", False, "name the ports by -p PORT, so that the service says what it serves"),
    Refused("runtime", True, "containers use the engine's default runtime"),
    Refused("stop-signal", True, "containers get SIGTERM; change it in the image with STOPSIGNAL"),
    Refused("storage-opt", True, "the size of a container's own files is not limited; use a volume"),
    Refused("ulimit", True, "it is a setting of the engine, not of a pod"),
    Refused("use-api-socket", False, "use -v /var/run/docker.sock:/var/run/docker.sock, knowing what that allows"),
    Refused("userns", True, "user namespaces are not used here yet"),
    Refused("uts", True, "the host name is the pod's; with --network host it is the host's"),
    Refused("volume-driver", True, "mount a folder of the host by -v /FOLDER:/PATH"),
    Refused("volumes-from", True, "name the same -v for both workloads"),
)

SHORT = {"attach": "-a", "publish-all": "-P"}
"""One-letter forms of refused options."""
