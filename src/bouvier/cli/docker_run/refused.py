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

VALUE, FLAG = True, False

REFUSED = (
    Refused("attach", VALUE, "use -i and -t, or bouvier logs -f"),
    Refused("blkio-weight", VALUE, _IO),
    Refused("blkio-weight-device", VALUE, _IO),
    Refused("cgroup-parent", VALUE, "the platform places pods in control groups of its own"),
    Refused("cgroupns", VALUE, "pods always have the engine's default"),
    Refused("cidfile", VALUE, "use -o json, which prints the objects that were made"),
    Refused("cpu-count", VALUE, _WINDOWS),
    Refused("cpu-percent", VALUE, _WINDOWS),
    Refused("cpu-period", VALUE, _CPU),
    Refused("cpu-quota", VALUE, _CPU),
    Refused("cpu-rt-period", VALUE, "real-time scheduling is not given to pods"),
    Refused("cpu-rt-runtime", VALUE, "real-time scheduling is not given to pods"),
    Refused("cpuset-cpus", VALUE, _CPU),
    Refused("cpuset-mems", VALUE, "memory is not bound to nodes of a processor"),
    Refused("detach-keys", VALUE, "end the client instead: the container goes on"),
    Refused("device", VALUE, "use --privileged, which gives all devices"),
    Refused("device-cgroup-rule", VALUE, "use --privileged, which gives all devices"),
    Refused("device-read-bps", VALUE, _IO),
    Refused("device-read-iops", VALUE, _IO),
    Refused("device-write-bps", VALUE, _IO),
    Refused("device-write-iops", VALUE, _IO),
    Refused("disable-content-trust", FLAG, "signatures are not checked here, so there is nothing to switch off"),
    Refused("domainname", VALUE, "pods are named under the cluster's domain; use --hostname for the first part"),
    Refused("gpus", VALUE, "this platform does not hand out graphics processors yet"),
    Refused("io-maxbandwidth", VALUE, _WINDOWS),
    Refused("io-maxiops", VALUE, _WINDOWS),
    Refused("ip", VALUE, _NETWORK),
    Refused("ip6", VALUE, _NETWORK),
    Refused("isolation", VALUE, _WINDOWS),
    Refused("kernel-memory", VALUE, "Linux no longer limits it; use --memory"),
    Refused("link", VALUE, "name the other workload's service in an environment variable: its name resolves by DNS"),
    Refused("link-local-ip", VALUE, _NETWORK),
    Refused("log-driver", VALUE, "logs are kept by the platform; read them by bouvier logs"),
    Refused("log-opt", VALUE, "logs are kept by the platform; read them by bouvier logs"),
    Refused("mac-address", VALUE, _NETWORK),
    Refused("memory-swap", VALUE, "pods do not swap"),
    Refused("memory-swappiness", VALUE, "pods do not swap"),
    Refused("network-alias", VALUE, "use --name: the service of that name is what others find"),
    Refused("oom-kill-disable", FLAG, "a container over its limit is ended; raise --memory"),
    Refused("oom-score-adj", VALUE, "it follows from the requests and limits of the pod"),
    Refused("pids-limit", VALUE, "it is a setting of the host, not of a pod"),
    Refused("publish-all", FLAG, "name the ports by -p PORT, so that the service says what it serves"),
    Refused("runtime", VALUE, "containers use the engine's default runtime"),
    Refused("stop-signal", VALUE, "containers get SIGTERM; change it in the image with STOPSIGNAL"),
    Refused("storage-opt", VALUE, "the size of a container's own files is not limited; use a volume"),
    Refused("ulimit", VALUE, "it is a setting of the engine, not of a pod"),
    Refused("use-api-socket", FLAG, "use -v /var/run/docker.sock:/var/run/docker.sock, knowing what that allows"),
    Refused("userns", VALUE, "user namespaces are not used here yet"),
    Refused("uts", VALUE, "the host name is the pod's; with --network host it is the host's"),
    Refused("volume-driver", VALUE, "mount a folder of the host by -v /FOLDER:/PATH"),
    Refused("volumes-from", VALUE, "name the same -v for both workloads"),
)

SHORT = {"attach": "-a", "publish-all": "-P"}
"""One-letter forms of refused options."""
