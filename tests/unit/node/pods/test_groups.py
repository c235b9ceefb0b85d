"""Weights and removal of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from bouvier.node.pods.groups import remove_pod, weigh, weigh_classes
from bouvier.node.pods.limits import pod_shares
from tests.support.pods import container, pod


def test_first_version(tmp_path: Path) -> None:
    """Weights are written as shares; only the pod's own groups are removed."""
    for hierarchy in ("cpu", "memory"):
        (tmp_path / hierarchy / "b/pods/burstable/podx").mkdir(parents=True)
        (tmp_path / hierarchy / "b/pods/besteffort").mkdir(parents=True)
    weigh_classes("/b", 300, tmp_path)
    assert (tmp_path / "cpu/b/pods/burstable/cpu.shares").read_text() == "300"
    assert (tmp_path / "cpu/b/pods/besteffort/cpu.shares").read_text() == "2"
    remove_pod("/b", "x", tmp_path)
    assert not (tmp_path / "memory/b/pods/burstable/podx").exists()
    assert (tmp_path / "memory/b/pods/burstable").exists()


@pytest.mark.parametrize(("shares", "weight"), [(0, "1"), (1024, "39"), (10**9, "10000")])
def test_second_version(tmp_path: Path, shares: int, weight: str) -> None:
    """Shares are translated to the other scale."""
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "g").mkdir()
    weigh("/g", shares, tmp_path)
    assert (tmp_path / "g/cpu.weight").read_text() == weight


def test_missing_groups_are_no_error(tmp_path: Path) -> None:
    """An engine elsewhere, or with slices, has no folders here."""
    weigh("/none", 5, tmp_path)


def test_pod_shares() -> None:
    """All requests together; limits stand in for requests."""
    of = pod(container(resources={"requests": {"cpu": "250m"}}), container("b", resources={"limits": {"cpu": "750m"}}))
    assert pod_shares(of) == 1024
