"""Every option of `docker run`, in order of the alphabet: the single source.

Source: Docker CLI reference, `docker container run` (client 28).
"""

from __future__ import annotations

from bouvier.kinds.podspec.runoptions.extended import EXTENDED
from bouvier.kinds.podspec.runoptions.option import Form, Option, Place

FLAG, TEXT, NUMBER, MANY = Form.FLAG, Form.TEXT, Form.NUMBER, Form.MANY


def _field(name: str, form: Form, where: str, text: str, *keys: str) -> Option:
    return Option(name, form, Place.FIELD, where, text, *keys)


def _command(name: str, form: Form, where: str, text: str, *keys: str) -> Option:
    return Option(name, form, Place.COMMAND, where, text, *keys)


def _refused(name: str, form: Form, why: str) -> Option:
    return Option(name, form, Place.REFUSED, why, f"{why[0].upper()}{why[1:]}.")


_ADDRESS = "the platform gives every pod its address; reach it by its service name, or publish a port with -p"

_FIELDS = (
    _field("add-host", MANY, "hostAliases", "Add a line to /etc/hosts: NAME:ADDRESS.", "", "extra_hosts"),
    _field("annotation", MANY, "metadata.annotations", "Add an annotation: NAME=VALUE.", "", "annotations"),
    _field("cap-add", MANY, "securityContext.capabilities.add", "Add a Linux capability.", "", "cap_add"),
    _field("cap-drop", MANY, "securityContext.capabilities.drop", "Drop a Linux capability.", "", "cap_drop"),
    _field("cpu-shares", NUMBER, "resources.requests.cpu", "Weight; 1024 asks for a processor.", "c", "cpu_shares"),
    _field("cpus", TEXT, "resources.limits.cpu", "Limit of processors, such as 0.5.", "", "cpus"),
    _field("dns", MANY, "dnsConfig.nameservers", "DNS server instead of the cluster's.", "", "dns"),
    _field("dns-option", MANY, "dnsConfig.options", "Option for /etc/resolv.conf.", "", "dns_opt"),
    _field("dns-search", MANY, "dnsConfig.searches", "Search domain for /etc/resolv.conf.", "", "dns_search"),
    _field("entrypoint", TEXT, "command", "Program instead of the image's.", "", "entrypoint"),
    _field("env", MANY, "env", "Variable: NAME=VALUE, or NAME to pass yours on.", "e", "environment"),
    _field("env-file", MANY, "env", "File of environment variables.", "", "env_file"),
    _field("expose", MANY, "ports", "PORT to serve in the cluster, or HOST NAME for the balancer.", "", "expose"),
    _field("group-add", MANY, "securityContext.supplementalGroups", "Further group.", "", "group_add"),
    _field("health-cmd", TEXT, "readinessProbe.exec", "Command that tells whether it can take requests."),
    _field("health-interval", TEXT, "readinessProbe.periodSeconds", "Time between checks [30s]."),
    _field("health-retries", NUMBER, "readinessProbe.failureThreshold", "Failures in a row until not ready [3]."),
    _field("health-start-interval", TEXT, "readinessProbe", "Taken for docker's sake: checks run at one interval."),
    _field("health-start-period", TEXT, "readinessProbe", "Taken for docker's sake: failing checks restart nothing."),
    _field("health-timeout", TEXT, "readinessProbe.timeoutSeconds", "Longest time of a check [30s]."),
    _field("hostname", TEXT, "hostname", "Host name in the pod.", "h", "hostname"),
    _field("init", FLAG, "shareProcessNamespace", "Let the first process collect what ends.", "", "init"),
    _field("interactive", FLAG, "stdin", "Keep standard input open.", "i", "stdin_open"),
    _field("ipc", TEXT, "hostIPC", "host: share the host's.", "", "ipc"),
    _field("label", MANY, "metadata.labels", "Label: NAME=VALUE.", "l", "labels"),
    _field("label-file", MANY, "metadata.labels", "File of labels.", "", "label_file"),
    _field("link", MANY, "hostAliases", "Name for another workload's service: NAME[:ALIAS].", "", "links"),
    _field("memory", TEXT, "resources.limits.memory", "Limit of memory, such as 512m.", "m", "mem_limit"),
    _field("memory-reservation", TEXT, "resources.requests.memory", "Memory kept free.", "", "mem_reservation"),
    _field("mount", MANY, "volumes", "type=bind|tmpfs|volume,source=…,target=…[,readonly]."),
    _field("name", TEXT, "metadata.name", "Name [the image's and four letters].", "", "container_name"),
    _field("network", TEXT, "hostNetwork", "host: use the host's network.", "", "network_mode"),
    _field("network-alias", MANY, "a Service of that name", "Further name in the cluster."),
    _field("no-healthcheck", FLAG, "readinessProbe", "No health check (images' own checks are never run)."),
    _field("pid", TEXT, "hostPID", "host: see the host's processes.", "", "pid"),
    _field("platform", TEXT, "nodeSelector", "Kind of host, such as linux/amd64.", "", "platform"),
    _field("privileged", FLAG, "securityContext.privileged", "All capabilities and devices.", "", "privileged"),
    _field("publish", MANY, "ports", "[[ADDRESS:]HOST_PORT:]PORT; else a node port is chosen.", "p", "ports"),
    _field(
        "publish-all", FLAG, "a Service of type NodePort", "Publish what --expose names on ports of every host.", "P"
    ),
    _field("pull", TEXT, "imagePullPolicy", "always, missing or never.", "", "pull_policy"),
    _field(
        "read-only", FLAG, "securityContext.readOnlyRootFilesystem", "Own files cannot be written.", "", "read_only"
    ),
    _field("restart", TEXT, "restartPolicy", "no, on-failure[:N], always or unless-stopped [always].", "", "restart"),
    _field("security-opt", MANY, "securityContext", "no-new-privileges, seccomp=…, label=….", "", "security_opt"),
    _field("shm-size", TEXT, "volumes", "Size of /dev/shm.", "", "shm_size"),
    _field("stop-timeout", NUMBER, "terminationGracePeriodSeconds", "Seconds until SIGKILL [30]."),
    _field("sysctl", MANY, "securityContext.sysctls", "Kernel setting of the pod: NAME=VALUE.", "", "sysctls"),
    _field("tmpfs", MANY, "volumes", "Folder in memory: /PATH[:size=64m].", "", "tmpfs"),
    _field("tty", FLAG, "tty", "Give it a terminal.", "t", "tty"),
    _field("use-api-socket", FLAG, "volumes", "Give it the engine's socket of its host.", "", "use_api_socket"),
    _field("user", TEXT, "securityContext.runAsUser", "User and group: USER[:GROUP].", "u", "user"),
    _field("volume", MANY, "volumes", "[/FOLDER|NAME:]/PATH[:ro]; a NAME is the host's own.", "v", "volumes"),
    _field("workdir", TEXT, "workingDir", "Working directory.", "w", "working_dir"),
)

_COMMANDS = (
    _command(
        "attach",
        MANY,
        "stdin connects the input; output is always shown",
        "Connect stdin; stdout and stderr are always shown.",
        "a",
    ),
    _command("cidfile", TEXT, "written when the pod is made", "File to write the pod's UID to."),
    _command("detach", FLAG, "returns at once", "Do not wait for a run that ends (--rm, --restart no).", "d"),
    _command("disable-content-trust", FLAG, "signatures are not checked here", "Taken: signatures are not checked."),
    _command("quiet", FLAG, "what is printed", "Print the name only.", "q"),
    _command("rm", FLAG, "a Pod, removed at its end", "A run that ends, removed at its end."),
    _command("sig-proxy", FLAG, "Ctrl-C ends the waiting", "Pass Ctrl-C on to a run that is waited for."),
)

_WINDOWS = "it exists only on Windows hosts; use --cpus, or --device-read-bps and its like"

_IMPOSSIBLE = (
    _refused("cpu-count", NUMBER, _WINDOWS),
    _refused("cpu-percent", NUMBER, _WINDOWS),
    _refused("io-maxbandwidth", TEXT, _WINDOWS),
    _refused("io-maxiops", NUMBER, _WINDOWS),
    _refused("detach-keys", TEXT, "a connection ends with its client (Ctrl-C) and the run goes on: no keys are needed"),
    _refused("ip", TEXT, _ADDRESS),
    _refused("ip6", TEXT, _ADDRESS),
    _refused("link-local-ip", MANY, _ADDRESS),
    _refused("mac-address", TEXT, "the platform gives every pod its network card; its address cannot be chosen"),
)

OPTIONS: dict[str, Option] = {
    option.name: option
    for option in sorted(_FIELDS + EXTENDED + _COMMANDS + _IMPOSSIBLE, key=lambda option: option.name)
}
"""All of them by name."""

COMPOSE_KEYS: dict[str, Option] = {option.compose: option for option in OPTIONS.values() if option.compose}
"""Key of a Compose service → option."""

BY_SHORT: dict[str, Option] = {option.short: option for option in OPTIONS.values() if option.short}
"""One letter → option."""
