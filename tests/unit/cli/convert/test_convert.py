"""One container in three spellings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.cli.convert.compose import from_compose, to_compose
from bouvier.cli.convert.manifests import from_manifests, to_manifests
from bouvier.cli.convert.words import Asked, from_words, to_words
from bouvier.kinds.podspec.runoptions.option import Form, Place
from bouvier.kinds.podspec.runoptions.table import OPTIONS

VALUES = {
    "add-host": "db:10.0.0.7",
    "annotation": "a=b",
    "blkio-weight-device": "/dev/sda:100",
    "cpus": "1.5",
    "device": "/dev/null:/dev/zero:r",
    "device-read-bps": "/dev/sda:10mb",
    "device-read-iops": "/dev/sda:10",
    "device-write-bps": "/dev/sda:10mb",
    "device-write-iops": "/dev/sda:10",
    "dns": "10.0.0.1",
    "expose": "8080",
    "gpus": "all",
    "health-cmd": "test -e /ok",
    "health-interval": "3s",
    "health-start-interval": "3s",
    "health-start-period": "3s",
    "health-timeout": "3s",
    "io-maxbandwidth": "1m",
    "kernel-memory": "1m",
    "log-opt": "max-size=1m",
    "memory": "512m",
    "memory-reservation": "256m",
    "memory-swap": "-1",
    "mount": "type=volume,source=v,target=/m",
    "network": "host",
    "publish": "8081:81/udp",
    "pull": "never",
    "restart": "on-failure:3",
    "shm-size": "1g",
    "storage-opt": "size=1g",
    "sysctl": "net.core.somaxconn=9",
    "tmpfs": "/run:size=1m",
    "ulimit": "nofile=1:2",
    "volume": "data:/data:ro",
}
FORMS = {Form.FLAG: "true", Form.NUMBER: "7", Form.TEXT: "text", Form.MANY: "text"}
FILES = {"env-file", "label-file"}
"""Their files are read."""
HONOURED = sorted(name for name, one in OPTIONS.items() if one.place is not Place.REFUSED and name not in FILES)


def asked_of(names: set[str]) -> Asked:
    options = {name: [VALUES.get(name, FORMS[OPTIONS[name].form])] for name in sorted(names)}
    if "rm" in options:
        options.pop("restart", None)
    if "network-alias" in options:
        options["expose"] = ["8080"]
    return Asked("bouvier/busybox:1", ["sh", "-c", "echo 'a b'"], options)


@given(st.sets(st.sampled_from(HONOURED)))
@settings(deadline=None, max_examples=60)
def test_from_docker_run_to_yaml_and_back_nothing_is_lost(names: set[str]) -> None:
    """Any set of options survives the way over Kubernetes' objects."""
    line = to_words(asked_of(names))
    assert to_words(from_manifests(to_manifests(from_words(line), {}), {})) == line


@given(st.sets(st.sampled_from(sorted(OPTIONS))))
@settings(deadline=None, max_examples=60)
def test_from_docker_run_to_compose_and_back_nothing_is_lost(names: set[str]) -> None:
    """Any set of options survives the way over a Compose file."""
    line = to_words(asked_of(names))
    assert to_words(from_compose(to_compose(from_words(line)))) == line


@pytest.mark.parametrize("name", HONOURED)
def test_every_option_becomes_objects(name: str) -> None:
    """Each option alone can be converted."""
    assert "bouvier/busybox:1" in to_manifests(asked_of({name}), {})


def test_short_options_may_be_written_together() -> None:
    """-itp 80:80 is three options."""
    asked = from_words("docker run -itp 80:80 -e A=1 --rm=false a:1 sh -c 'x y'")

    assert asked.command == ["sh", "-c", "x y"]
    assert asked.options == {
        "interactive": ["true"],
        "tty": ["true"],
        "publish": ["80:80"],
        "env": ["A=1"],
        "rm": ["false"],
    }


def test_objects_that_were_changed_are_refused_with_the_place() -> None:
    """A command that no longer says what the object says would be a lie."""
    text = to_manifests(from_words("docker run --cpus 1 --name web a:1"), {}).replace("cpu: '1'", "cpu: '2'")

    with pytest.raises(ValueError, match=r"spec.template.spec.containers\[0\].resources.limits.cpu: changed"):
        from_manifests(text, {})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("docker run --nope a:1", "--nope is no option of docker run"),
        ("docker run -p", "-p needs a value"),
        ("docker run --rm", "there is no image"),
        ("docker run --cpu-shares many a:1", "--cpu-shares many: expected a whole number"),
    ],
)
def test_bad_commands_are_refused(line: str, words: str) -> None:
    """What is not understood is named."""
    with pytest.raises(ValueError, match=words):
        from_words(line)


def test_a_compose_key_without_an_option_is_refused() -> None:
    """depends_on belongs to a stack."""
    with pytest.raises(ValueError, match=r"services.web.depends_on: no option"):
        from_compose("services: {web: {image: a, depends_on: [db]}}")
