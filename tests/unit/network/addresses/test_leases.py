import tempfile
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.addresses.leases import LeaseStore, NoFreeAddressError, read
from bouvier.network.addresses.types import PodPort, PodRef

PODS = IPv4Network("10.42.0.0/29")
"""Five addresses for pods: .2 to .6."""


def pod(uid: str) -> PodRef:
    return PodRef("default", f"pod-{uid}", uid)


def test_a_pod_keeps_its_address_across_restarts(tmp_path: Path) -> None:
    """Asking again, also in a new process, gives the same lease, host ports included."""
    made = PodRef("default", "web", "u", (PodPort(80, 8080), PodPort(81, 0)))
    first = LeaseStore(tmp_path, PODS).acquire(made)

    assert LeaseStore(tmp_path, PODS).acquire(made) == first
    assert first.ports == (PodPort(80, 8080),)
    assert read(tmp_path) == [first]


def test_the_address_unused_for_longest_is_taken(tmp_path: Path) -> None:
    """Fresh addresses come first, then those given back, in the order in which they were; restarts keep that order."""
    store = LeaseStore(tmp_path, PODS)
    held = {uid: store.acquire(pod(uid)).address for uid in "abcd"}
    store.release("b")
    store.release("a")

    assert store.acquire(pod("e")).address == IPv4Address("10.42.0.6")
    again = LeaseStore(tmp_path, PODS)
    assert again.acquire(pod("f")).address == held["b"]
    assert again.acquire(pod("g")).address == held["a"]


def test_exhaustion_names_the_range(tmp_path: Path) -> None:
    """When every address is held, the error says so and what to do; one given back can be had at once."""
    store = LeaseStore(tmp_path, PODS)
    for number in range(5):
        store.acquire(pod(str(number)))
    with pytest.raises(NoFreeAddressError, match=r"no free address in 10\.42\.0\.0/29: all 5 are held"):
        store.acquire(pod("more"))

    store.release("3")
    assert store.acquire(pod("more")).address == IPv4Address("10.42.0.5")


def test_two_processes_never_take_the_same(tmp_path: Path) -> None:
    """Two stores over one folder, as when an old process still runs, give different addresses."""
    one, two = LeaseStore(tmp_path, PODS), LeaseStore(tmp_path, PODS)

    assert one.acquire(pod("a")).address != two.acquire(pod("b")).address


def test_damaged_leases_are_dropped(tmp_path: Path) -> None:
    """A file that is no lease is removed; its address can be used again."""
    (tmp_path / "10.42.0.2.json").write_text("")
    (tmp_path / "nonsense.free").write_text("")

    assert LeaseStore(tmp_path, PODS).acquire(pod("a")).address == IPv4Address("10.42.0.2")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["acquire", "release", "restart"]), st.integers(0, 7)), max_size=40))
def test_no_address_is_held_twice(steps: list[tuple[str, int]]) -> None:
    """After any sequence of acquiring, releasing and restarting, every pod has its own address and keeps it."""
    with tempfile.TemporaryDirectory() as folder:
        store, held = LeaseStore(Path(folder), PODS), {}
        for step, number in steps:
            uid = str(number)
            if step == "restart":
                store = LeaseStore(Path(folder), PODS)
            elif step == "release":
                store.release(uid)
                held.pop(uid, None)
            elif uid in held or len(held) < 5:
                address = store.acquire(pod(uid)).address
                assert held.setdefault(uid, address) == address
            assert len(set(held.values())) == len(held)
            assert {lease.uid: lease.address for lease in store.all()} == held
