"""The options of `bouvier run` against those of `docker run`."""

import pytest
from click.testing import CliRunner

from bouvier.cli.commands.run import command
from bouvier.cli.errors import CommandError

DOCKER = [
    "add-host",
    "annotation",
    "attach",
    "blkio-weight",
    "blkio-weight-device",
    "cap-add",
    "cap-drop",
    "cgroup-parent",
    "cgroupns",
    "cidfile",
    "cpu-count",
    "cpu-percent",
    "cpu-period",
    "cpu-quota",
    "cpu-rt-period",
    "cpu-rt-runtime",
    "cpu-shares",
    "cpus",
    "cpuset-cpus",
    "cpuset-mems",
    "detach",
    "detach-keys",
    "device",
    "device-cgroup-rule",
    "device-read-bps",
    "device-read-iops",
    "device-write-bps",
    "device-write-iops",
    "disable-content-trust",
    "dns",
    "dns-option",
    "dns-search",
    "domainname",
    "entrypoint",
    "env",
    "env-file",
    "expose",
    "gpus",
    "group-add",
    "health-cmd",
    "health-interval",
    "health-retries",
    "health-start-interval",
    "health-start-period",
    "health-timeout",
    "hostname",
    "init",
    "interactive",
    "io-maxbandwidth",
    "io-maxiops",
    "ip",
    "ip6",
    "ipc",
    "isolation",
    "kernel-memory",
    "label",
    "label-file",
    "link",
    "link-local-ip",
    "log-driver",
    "log-opt",
    "mac-address",
    "memory",
    "memory-reservation",
    "memory-swap",
    "memory-swappiness",
    "mount",
    "name",
    "network",
    "network-alias",
    "no-healthcheck",
    "oom-kill-disable",
    "oom-score-adj",
    "pid",
    "pids-limit",
    "platform",
    "privileged",
    "publish",
    "publish-all",
    "pull",
    "quiet",
    "read-only",
    "restart",
    "rm",
    "runtime",
    "security-opt",
    "shm-size",
    "sig-proxy",
    "stop-signal",
    "stop-timeout",
    "storage-opt",
    "sysctl",
    "tmpfs",
    "tty",
    "ulimit",
    "use-api-socket",
    "user",
    "userns",
    "uts",
    "volume",
    "volume-driver",
    "volumes-from",
    "workdir",
]
"""Every long option of Docker 28, `--help` left out."""
DOCKER_SHORT = {"a", "c", "d", "e", "h", "i", "l", "m", "p", "P", "q", "t", "u", "v", "w"}


def test_every_option_of_docker_run_is_known() -> None:
    """None of docker's options, long or short, looks like a typing error."""
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}

    assert {f"--{name}" for name in DOCKER} <= known
    assert {f"-{letter}" for letter in DOCKER_SHORT} <= known


def test_the_help_names_every_option() -> None:
    """What is refused is in the help too, with the reason."""
    text = CliRunner().invoke(command, ["--help"]).output

    assert [name for name in DOCKER if f"--{name}" not in text] == []
    assert "Known and refused" in text


@pytest.mark.parametrize("words", [["--gpus", "all"], ["--oom-kill-disable"], ["-P"], ["--ulimit=nofile=1"]])
def test_what_is_not_supported_is_refused_with_the_way_out(words: list[str]) -> None:
    """A refused option ends the command before anything is created."""
    result = CliRunner().invoke(command, [*words, "bouvier/sample:1"])

    assert isinstance(result.exception, CommandError)
    assert "is not supported: " in result.exception.what
    assert result.exception.exit_code == 2
