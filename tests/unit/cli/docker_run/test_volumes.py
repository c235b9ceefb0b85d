"""Volumes of a run."""

from typing import Any

import pytest

from bouvier.cli.docker_run.request import RunRequest
from bouvier.cli.docker_run.volumes import mounts_of, write_mounts


def write(**options: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    container: dict[str, Any] = {}
    spec: dict[str, Any] = {}
    write_mounts(mounts_of(RunRequest(image="a", **options)), container, spec)
    return spec.get("volumes", []), container.get("volumeMounts", [])


def test_every_kind_of_volume() -> None:
    """Folders of the host, named, anonymous and memory volumes, each with its mount."""
    volumes, mounts = write(
        volume=("/srv/data:/data:ro", "/scratch"),
        mount=("type=bind,src=/etc/app,dst=/etc/app,readonly", "type=tmpfs,target=/fast,tmpfs-size=8m"),
        tmpfs=("/run:size=1m,mode=755",),
        shm_size="128m",
    )

    assert volumes == [
        {"name": "volume-0", "hostPath": {"path": "/srv/data"}},
        {"name": "volume-1", "emptyDir": {}},
        {"name": "volume-2", "hostPath": {"path": "/etc/app"}},
        {"name": "volume-3", "emptyDir": {"medium": "Memory", "sizeLimit": "8Mi"}},
        {"name": "volume-4", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        {"name": "volume-5", "emptyDir": {"medium": "Memory", "sizeLimit": "128Mi"}},
    ]
    assert [mount["mountPath"] for mount in mounts] == [
        "/data",
        "/scratch",
        "/etc/app",
        "/fast",
        "/run",
        "/dev/shm",
    ]
    assert [mount["mountPath"] for mount in mounts if mount.get("readOnly")] == ["/data", "/etc/app"]


def test_named_volumes_are_the_engines() -> None:
    """A named volume is no volume of the pod: the engine keeps it, as with docker."""
    assert mounts_of(RunRequest(image="a", volume=("cache:/c",), mount=("type=volume,src=x,dst=/x",))) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"volume": ("./data:/data",)}, "must be named in full"),
        ({"volume": ("/a:b",)}, "must begin with /"),
        ({"volume": ("/a:/b:fast",)}, "fast is not understood"),
        ({"volume": ("/a:/b", "/c:/b")}, "/b is mounted twice"),
        ({"mount": ("type=npipe,src=/x,dst=/y",)}, "type=npipe is not supported"),
        ({"mount": ("type=bind,dst=/y",)}, "needs source=/FOLDER"),
        ({"mount": ("type=bind,src=/x",)}, "target=/PATH is needed"),
        ({"mount": ("colour=red,target=/x",)}, "colour is not understood"),
    ],
)
def test_bad_volumes_are_refused(options: dict[str, Any], words: str) -> None:
    """Each form that is not understood is refused with what was expected."""
    with pytest.raises(ValueError, match=words):
        mounts_of(RunRequest(image="a", **options))
