"""Options of `docker run` for which Kubernetes has no field: they stand in the annotation, typed by this table.

Source: Docker CLI reference, `docker container run`; Docker Engine API, ContainerCreate.
"""

from __future__ import annotations

from bouvier.kinds.podspec.runoptions.option import Form, Option, Place

FLAG, TEXT, NUMBER, MANY = Form.FLAG, Form.TEXT, Form.NUMBER, Form.MANY


def _own(name: str, form: Form, where: str, text: str, compose: str = "") -> Option:
    place = Place.SANDBOX if where.startswith("sandbox ") else Place.CONTAINER
    return Option(name, form, place, where.removeprefix("sandbox "), text, "", compose)


EXTENDED = (
    _own("blkio-weight", NUMBER, "HostConfig.BlkioWeight", "Weight of disk access, 10 to 1000."),
    _own("blkio-weight-device", MANY, "HostConfig.BlkioWeightDevice", "Weight on one disk: /dev/DISK:WEIGHT."),
    _own("cgroup-parent", TEXT, "HostConfig.CgroupParent", "Control group to be placed in.", "cgroup_parent"),
    _own("cgroupns", TEXT, "HostConfig.CgroupnsMode", "Control group namespace: host or private.", "cgroup"),
    _own("cpu-period", NUMBER, "HostConfig.CpuPeriod", "Period of the processor limit, microseconds.", "cpu_period"),
    _own("cpu-quota", NUMBER, "HostConfig.CpuQuota", "Processor time of each period, microseconds.", "cpu_quota"),
    _own("cpu-rt-period", NUMBER, "HostConfig.CpuRealtimePeriod", "Real-time period, microseconds.", "cpu_rt_period"),
    _own("cpu-rt-runtime", NUMBER, "HostConfig.CpuRealtimeRuntime", "Real-time runtime.", "cpu_rt_runtime"),
    _own("cpuset-cpus", TEXT, "HostConfig.CpusetCpus", "Processors to run on: 0-3 or 0,1.", "cpuset"),
    _own("cpuset-mems", TEXT, "HostConfig.CpusetMems", "Memory nodes to use."),
    _own("device", MANY, "HostConfig.Devices", "Device of the host: /dev/X[:/dev/Y[:rwm]].", "devices"),
    _own("device-cgroup-rule", MANY, "HostConfig.DeviceCgroupRules", "Device rule.", "device_cgroup_rules"),
    _own("device-read-bps", MANY, "HostConfig.BlkioDeviceReadBps", "Read limit: /dev/DISK:10mb."),
    _own("device-read-iops", MANY, "HostConfig.BlkioDeviceReadIOps", "Read limit: /dev/DISK:1000."),
    _own("device-write-bps", MANY, "HostConfig.BlkioDeviceWriteBps", "Write limit: /dev/DISK:10mb."),
    _own("device-write-iops", MANY, "HostConfig.BlkioDeviceWriteIOps", "Write limit: /dev/DISK:1000."),
    _own("domainname", TEXT, "sandbox Domainname", "Domain name of the pod.", "domainname"),
    _own("gpus", TEXT, "HostConfig.DeviceRequests", "Graphics processors: all or a number.", "gpus"),
    _own("isolation", TEXT, "HostConfig.Isolation", "Kind of isolation; Linux knows default.", "isolation"),
    _own("kernel-memory", TEXT, "HostConfig.KernelMemory", "Limit of the kernel's memory; new engines ignore it."),
    _own("log-driver", TEXT, "HostConfig.LogConfig.Type", "Logging driver; logs are read with json-file and local."),
    _own("log-opt", MANY, "HostConfig.LogConfig.Config", "Option of the logging driver: NAME=VALUE."),
    _own("memory-swap", TEXT, "HostConfig.MemorySwap", "Limit of memory and swap; -1 for none.", "memswap_limit"),
    _own("memory-swappiness", NUMBER, "HostConfig.MemorySwappiness", "Readiness to swap, 0-100.", "mem_swappiness"),
    _own("oom-kill-disable", FLAG, "HostConfig.OomKillDisable", "Do not kill out of memory.", "oom_kill_disable"),
    _own("oom-score-adj", NUMBER, "HostConfig.OomScoreAdj", "Preference when out of memory.", "oom_score_adj"),
    _own("pids-limit", NUMBER, "HostConfig.PidsLimit", "Most processes; -1 for no limit.", "pids_limit"),
    _own("runtime", TEXT, "HostConfig.Runtime", "Runtime of the engine.", "runtime"),
    _own("stop-signal", TEXT, "StopSignal", "Signal that asks it to end.", "stop_signal"),
    _own("storage-opt", MANY, "HostConfig.StorageOpt", "Option of the storage driver: NAME=VALUE.", "storage_opt"),
    _own("ulimit", MANY, "HostConfig.Ulimits", "Limit of its processes: NAME=SOFT[:HARD].", "ulimits"),
    _own("userns", TEXT, "HostConfig.UsernsMode", "User namespace: host.", "userns_mode"),
    _own("uts", TEXT, "HostConfig.UTSMode", "host: share the host's name.", "uts"),
    _own("volume-driver", TEXT, "HostConfig.VolumeDriver", "Driver of the named volumes."),
    _own(
        "volumes-from",
        MANY,
        "HostConfig.VolumesFrom",
        "Volumes of a container of the engine: NAME[:ro].",
        "volumes_from",
    ),
)
"""Options that have no field at all."""

SPELLINGS = (
    _own("group-add", MANY, "HostConfig.GroupAdd", "Groups by name."),
    _own("ipc", TEXT, "HostConfig.IpcMode", "An IPC namespace that is not the pod's."),
    _own("mount", MANY, "HostConfig.Mounts", "Volumes of the engine."),
    _own("pid", TEXT, "HostConfig.PidMode", "A process namespace that is not the pod's."),
    _own("restart", TEXT, "node: at most so many restarts", "on-failure:N."),
    _own("security-opt", MANY, "HostConfig.SecurityOpt", "Options without a field."),
    _own("user", TEXT, "User", "A user by name."),
    _own("volume", MANY, "HostConfig.Binds", "Volumes of the engine."),
)
"""Options with a field that takes some of their values; the others stand in the annotation."""

ANNOTATED = {option.name: option for option in EXTENDED + SPELLINGS}
"""Everything that the annotation may hold."""
