"""fsGroup on a volume's files."""

import os

import pytest

from bouvier.node.volumes.ownership import give


def pod(policy=""):
    security = {"fsGroup": 4321} | ({"fsGroupChangePolicy": policy} if policy else {})
    return {"spec": {"securityContext": security}}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_group_owns_everything(tmp_path):
    """Files become readable and writable for the group, folders hand it on, links are not followed."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "x").write_text("1")
    (tmp_path / "deep" / "x").chmod(0o600)
    outside = tmp_path.parent / "outside"
    outside.write_text("mine")
    (tmp_path / "link").symlink_to(outside)
    give(tmp_path, pod(), read_only=False)
    state = (tmp_path / "deep" / "x").stat()
    assert (state.st_gid, state.st_mode & 0o777) == (4321, 0o660)
    assert (tmp_path / "deep").stat().st_mode & 0o2070 == 0o2070
    assert outside.stat().st_gid != 4321


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_given_tree_is_left_alone_when_asked(tmp_path):
    """OnRootMismatch looks at the root only."""
    give(tmp_path, pod(), read_only=False)
    (tmp_path / "x").touch(0o600)
    give(tmp_path, pod("OnRootMismatch"), read_only=False)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
    give(tmp_path, pod("Always"), read_only=False)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o660
