"""What an agent must be told about its host; wired by the daemon."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """Settings of one node agent."""

    node_name: str
    data_dir: Path
    """Holds `pods/UID/…`; survives restarts."""
    platform: str
    """Platform id: containers of other platforms on the same engine are left alone."""
    addresses: tuple[tuple[str, str], ...]
    """`(type, address)` as in Node status, `InternalIP` first: it is the pods' `hostIP`."""
    secrets_dir: Path | None = None
    """A folder on a memory file system for secret and token volumes; None keeps them in `data_dir`."""
    cgroup_parent: str = "/bouvier"
    """Control group under which pods are placed; a platform's own."""
    pause_image: str = "bouvier/pause:1"
    max_pods: int = 110
    """The kubelet's default; engines hold more, the address range of a host often does not."""
    reserved_cpu_millicores: int = 0
    """Taken off `allocatable`: what the host itself needs."""
    reserved_memory_bytes: int = 100 * 2**20
    """Also the kubelet's default eviction threshold."""
    cluster_domain: str = "cluster.local"
    labels: tuple[tuple[str, str], ...] = ()
    """Further labels for the Node object."""
    heartbeat_seconds: float = 10.0
    """How often the Lease is renewed and changes of the Node status are looked for."""
    report_seconds: float = 300.0
    """How often an unchanged Node status is written, as the kubelet does."""

    @property
    def host_ip(self) -> str:
        """Return the first internal address."""
        return next((address for kind, address in self.addresses if kind == "InternalIP"), "")
