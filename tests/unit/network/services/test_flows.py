from bouvier.network.services.flows import Stale, parse, stale
from bouvier.network.services.plan import ANY_LOCAL, Backend, Frontend, Target

LISTING = """\
udp      17 28 src=10.42.0.9 dst=10.43.0.10 sport=4001 dport=53 src=10.42.0.2 dst=10.42.0.9 sport=5353 dport=4001 mark=0 use=1
udp      17 28 src=10.42.0.9 dst=10.43.0.10 sport=4002 dport=53 src=10.42.0.3 dst=10.42.0.9 sport=5353 dport=4002 mark=0 use=1
udp      17 10 src=10.42.0.9 dst=10.43.0.11 sport=4003 dport=53 [UNREPLIED] src=10.43.0.11 dst=10.42.0.9 sport=53 dport=4003
udp      17 10 src=192.0.2.9 dst=192.0.2.1 sport=4004 dport=30053 [UNREPLIED] src=192.0.2.1 dst=192.0.2.9 sport=30053 dport=4004
tcp      6 28 TIME_WAIT src=1.2.3.4 dst=10.43.0.10 sport=1 dport=53 src=10.42.0.3 dst=1.2.3.4 sport=1 dport=53
"""
TWO, THREE = Backend("10.42.0.2", 5353), Backend("10.42.0.3", 5353)


def test_only_flows_to_gone_backends_are_stale() -> None:
    """A flow to a present backend stays; one to another backend, or not translated at all, goes."""
    flows = parse(LISTING)
    assert len(flows) == 4

    targets = {
        Frontend("10.43.0.10", "udp", 53): Target((TWO,)),
        Frontend("10.43.0.11", "udp", 53): Target((TWO,)),
        Frontend(ANY_LOCAL, "udp", 30053): Target((THREE,)),
    }
    assert stale(flows, targets) == {
        Stale("10.43.0.10", 53, "10.42.0.3"),
        Stale("10.43.0.11", 53, "10.43.0.11"),
        Stale("192.0.2.1", 30053, "192.0.2.1"),
    }


def test_without_backends_untranslated_flows_stay() -> None:
    """Where there is nothing to go to, only what leads to a gone backend is forgotten."""
    targets = {Frontend("10.43.0.10", "udp", 53): Target(()), Frontend("10.43.0.11", "udp", 53): Target(())}

    assert stale(parse(LISTING), targets) == {
        Stale("10.43.0.10", 53, "10.42.0.2"),
        Stale("10.43.0.10", 53, "10.42.0.3"),
    }
