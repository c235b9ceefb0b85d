"""The text that nftables gets."""

from ipaddress import IPv4Address, IPv4Network

from bouvier.network.policies.plan import Allow, Block, Chain, NamedPorts, Ports, Rules
from bouvier.network.policies.render import Table, chain_rules, change, whole

TABLE = Table("abc123", IPv4Address("10.43.0.10"))
DENY = Chain("ingress")
DENIED = Rules(chains={DENY.name: DENY}, ingress={"10.42.0.2": DENY.name})


def test_rules_of_a_chain() -> None:
    """What is allowed returns; everything else is dropped."""
    block = Block(IPv4Network("10.0.0.0/8"), (IPv4Network("10.1.0.0/16"),))
    allows = (
        Allow("peers_a", Ports("TCP", ((80, 80), (90, 99)))),
        Allow(block, Ports("SCTP")),
        Allow(Block(IPv4Network("0.0.0.0/0")), NamedPorts("UDP", "ports_b")),
    )
    assert chain_rules(Chain("egress", allows)) == [
        "ip daddr @peers_a tcp dport { 80, 90-99 } return",
        "ip daddr 10.0.0.0/8 ip daddr != { 10.1.0.0/16 } meta l4proto sctp return",
        "ip daddr . udp dport @ports_b return",
        "drop",
    ]
    assert chain_rules(Chain("ingress", (Allow(),))) == ["return"]


def test_a_change_says_only_what_differs() -> None:
    """The same state needs no text; a pod that comes is an element; a chain that nobody uses goes last."""
    more = Rules(chains=DENIED.chains, ingress=DENIED.ingress | {"10.42.0.3": DENY.name})
    name = TABLE.name

    assert change(TABLE, DENIED, DENIED) == ""
    assert change(TABLE, DENIED, more).splitlines() == [
        f"add element ip {name} ingress {{ 10.42.0.3 : jump {DENY.name} }}",
        f"add element ip {name} themselves {{ 10.42.0.3 . 10.42.0.3 }}",
    ]
    assert change(TABLE, DENIED, Rules()).splitlines()[-1] == f"delete chain ip {name} {DENY.name}"


def test_the_whole_table_replaces_the_former_one() -> None:
    """Removal and making stand in one text, which is one transaction."""
    text = whole(TABLE, DENIED)
    assert text.startswith(f"table ip {TABLE.name}\ndelete table ip {TABLE.name}\ntable ip {TABLE.name} {{")
    assert "ip daddr 10.43.0.10 ip saddr vmap @egress" in text
