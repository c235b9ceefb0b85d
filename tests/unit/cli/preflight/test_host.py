"""Judging a host."""

from bouvier.cli.preflight.host import Host, cgroup_layout, effective_capabilities, filesystems_of, judge

GOOD = Host(
    is_root=True,
    capabilities=(1 << 12) | (1 << 21),
    filesystems=frozenset({"overlay", "tmpfs", "ext4"}),
    has_namespaces=True,
    cgroup="v2",
    busy_ports=(),
    free_disk_bytes=10 << 30,
)


def test_a_good_host_has_no_findings() -> None:
    """Nothing is said of a host that has everything."""
    assert judge(GOOD) == []


def test_each_lack_is_named_with_what_to_do() -> None:
    """Permission, kernel, cgroups, ports and disk are each a finding with an advice."""
    bad = Host(
        is_root=False,
        capabilities=0,
        filesystems=frozenset({"tmpfs"}),
        has_namespaces=False,
        cgroup="",
        busy_ports=(6443,),
        free_disk_bytes=1 << 20,
    )
    findings = judge(bad)

    words = " ".join(finding.what for finding in findings)
    for expected in ("root", "overlay", "namespaces", "cgroups", "port 6443", "disk"):
        assert expected in words
    assert all(finding.advice for finding in findings)
    assert [finding.fatal for finding in findings].count(False) == 1


def test_root_without_rights_is_found() -> None:
    """Root in a closed container is named with the capability that it lacks."""
    assert "CAP_SYS_ADMIN" in judge(GOOD._replace(capabilities=1 << 12))[0].what


def test_reading_the_kernels_files() -> None:
    """The texts of /proc are read as they are."""
    assert effective_capabilities("Name:\tx\nCapEff:\t0000000000201000\n") == (1 << 12) | (1 << 21)
    assert filesystems_of("nodev\ttmpfs\n\text4\n") == {"tmpfs", "ext4"}
    assert cgroup_layout("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n") == "v2"
    assert cgroup_layout("c /a cgroup rw 0 0\nc /b cgroup2 rw 0 0\n") == "hybrid"
    assert cgroup_layout("tmpfs / tmpfs rw 0 0\n") == ""
