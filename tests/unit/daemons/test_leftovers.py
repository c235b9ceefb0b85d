"""What belongs to a platform on its host."""

from bouvier.daemons.leftovers import Process, Seen, family, parse_mounts, parse_tables, plan

MARKED, OTHER = True, False


def test_descendants_of_marked_processes_belong_to_the_platform() -> None:
    """A container's first process is found through its shim; a stranger's is not."""
    processes = [Process(10, 1, MARKED), Process(11, 10, OTHER), Process(12, 11, OTHER), Process(20, 1, OTHER)]

    assert family(processes) == [10, 11, 12]


def test_only_what_carries_the_platforms_id_is_removed() -> None:
    """Another platform's bridge and the host's own table stay; deep mounts and groups go first."""
    seen = Seen(
        processes=(Process(5, 1, MARKED),),
        mounts=("/", "/var/lib/b/pods", "/var/lib/b/pods/1/tmp", "/var/lib/bc"),
        links=("lo", "bv-a1b2c3", "bv-ffffff"),
        tables=("ip filter", "ip bouvier_a1b2c3_pods"),
        namespaces=("h1",),
        cgroups=("/sys/fs/cgroup/cpu/bouvier-a1b2c3", "/sys/fs/cgroup/cpu/bouvier-a1b2c3/pod", "/sys/fs/cgroup/cpu/x"),
    )
    removal = plan(seen, "a1b2c3", "/var/lib/b", own_pid=99)

    assert removal.pids == (5,)
    assert removal.mounts == ("/var/lib/b/pods/1/tmp", "/var/lib/b/pods")
    assert removal.links == ("bv-a1b2c3",)
    assert removal.tables == ("ip bouvier_a1b2c3_pods",)
    assert removal.namespaces == ()


def test_cgroups_below_the_platforms_own_go_before_it() -> None:
    """Groups can be removed only when they are empty."""
    groups = ("/c/bouvier-a1b2c3", "/c/bouvier-a1b2c3/pod/one", "/c/bouvier-a1b2c3/pod")
    removal = plan(Seen(cgroups=groups), "a1b2c3", "/d", own_pid=1)

    assert removal.cgroups == ("/c/bouvier-a1b2c3/pod/one", "/c/bouvier-a1b2c3/pod", "/c/bouvier-a1b2c3")


def test_reading_mounts_and_tables() -> None:
    """Spaces in mount points are escaped by the kernel; tables come with their family."""
    assert parse_mounts("22 1 8:1 / /a\\040b rw - ext4 /dev/x rw\n") == ["/a b"]
    assert parse_tables("table ip nat\ntable inet x\n") == ["ip nat", "inet x"]
