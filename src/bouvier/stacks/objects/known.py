"""Keys of Compose and rancher-compose that are understood and have no effect here, with the reason."""

from __future__ import annotations

_ENGINE = "an option of the engine that pods do not have"
_BLOCK = "the weight of a container's block devices is not set"

COMPOSE: dict[str, str] = {
    "annotations": "use labels",
    "attach": "logs are shown by bouvier stack logs",
    "blkio_config": _BLOCK,
    "blkio_weight": _BLOCK,
    "blkio_weight_device": _BLOCK,
    "cgroup": _ENGINE,
    "cgroup_parent": _ENGINE,
    "container_name": "pods have names of their own; reach the service by its name",
    "cpu_count": "use cpus",
    "cpu_percent": "use cpus",
    "cpu_period": "use cpus",
    "cpu_quota": "use cpus",
    "cpu_rt_period": _ENGINE,
    "cpu_rt_runtime": _ENGINE,
    "cpuset": "containers are not bound to processors",
    "credential_spec": _ENGINE,
    "develop": "only for building",
    "device_cgroup_rules": _ENGINE,
    "device_read_bps": _BLOCK,
    "device_read_iops": _BLOCK,
    "device_write_bps": _BLOCK,
    "device_write_iops": _BLOCK,
    "devices": "devices are not passed on; privileged containers see them all",
    "domainname": "the cluster's domain is used",
    "gpus": "devices are not shared out",
    "isolation": _ENGINE,
    "label_file": "use labels",
    "logging": "logs are kept by the platform",
    "mac_address": "addresses are given by the platform",
    "mem_swappiness": _ENGINE,
    "memswap_limit": "containers have no swap",
    "oom_kill_disable": _ENGINE,
    "oom_score_adj": "follows from requests and limits",
    "pids_limit": "the number of processes is not limited",
    "platform": "the image's own platform is used",
    "post_start": "use an entrypoint",
    "pre_stop": "handle the stop signal in the program",
    "pull_refresh_after": "use pull_policy",
    "runtime": "one runtime",
    "stop_signal": "the image's own signal is sent",
    "storage_opt": _ENGINE,
    "ulimits": "the engine's own limits hold",
    "use_api_socket": "the engine's socket is not passed on",
    "userns_mode": _ENGINE,
    "uts": _ENGINE,
    "volume_driver": "volumes are folders of the host",
}
DEPLOY: dict[str, str] = {
    "rollback_config": "a rollback proceeds as an upgrade does",
}
RANCHER: dict[str, str] = {
    "drain_timeout_ms": "connections are drained for stop_grace_period",
    "metadata": "",
    "retain_ip": "a pod that is replaced has a new address; the service's address stays",
    "scale_policy": "use an autoscaler",
    "service_schemas": "services of types of one's own are not made",
}
REFUSED: dict[str, tuple[str, str]] = {
    "build": (
        "an image must be there before its stack",
        "bouvier stack up builds it; or build and push it, and name it: image: NAME",
    ),
    "provider": ("services of providers are not started", "leave the service out"),
    "models": ("models are not provided", "leave the key out"),
}
TOP: frozenset[str] = frozenset({"version", "name", "services", "volumes", "networks", "secrets", "configs"})
RANCHER_TOP: frozenset[str] = frozenset({"version", "services", "catalog", ".catalog"})
