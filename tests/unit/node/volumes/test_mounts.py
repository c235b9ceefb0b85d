"""Mounts and sub paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from bouvier.engine.specs import Mount, MountKind, Propagation
from bouvier.node.pods.environment import ConfigError
from bouvier.node.volumes.mounts import PreparedVolume, mounts_of, resolve_inside
from tests.support.pods import container


def test_mounts() -> None:
    """Volumes of objects are read-only whatever the container says."""
    volumes = {"a": PreparedVolume("/a", read_only=True), "m": PreparedVolume("vol", MountKind.VOLUME)}
    mounts = [{"name": "a", "mountPath": "/x"}, {"name": "m", "mountPath": "/y", "mountPropagation": "HostToContainer"}]
    assert mounts_of(container(volumeMounts=mounts), volumes, {}) == [
        Mount("/x", "/a", read_only=True),
        Mount("/y", "vol", MountKind.VOLUME, propagation=Propagation.HOST_TO_CONTAINER),
    ]


def test_an_unknown_volume_is_named() -> None:
    """A mount of a volume that the pod has not says so."""
    with pytest.raises(ConfigError, match='"none"'):
        mounts_of(container(volumeMounts=[{"name": "none", "mountPath": "/x"}]), {}, {})


def test_sub_paths(tmp_path: Path) -> None:
    """A sub path is made when it is missing; its expression may name variables."""
    mounts = [{"name": "v", "mountPath": "/x", "subPathExpr": "of-$(POD)"}]
    found = mounts_of(container(volumeMounts=mounts), {"v": PreparedVolume(str(tmp_path))}, {"POD": "p"})
    assert found[0].source == str(tmp_path.resolve() / "of-p")
    assert (tmp_path / "of-p").is_dir()
    with pytest.raises(ConfigError, match="missing value"):
        mounts_of(container(volumeMounts=mounts), {"v": PreparedVolume(str(tmp_path))}, {})


def test_sub_paths_stay_inside(tmp_path: Path) -> None:
    """Neither `..` nor a link leads out of a volume."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    for bad in ("../x", "/etc", "out", "out/x"):
        with pytest.raises(ConfigError, match="subPath"):
            resolve_inside(root, bad)
    (root / "in").symlink_to("real")
    (root / "real").mkdir()
    assert resolve_inside(root, "in") == (root / "real").resolve()
