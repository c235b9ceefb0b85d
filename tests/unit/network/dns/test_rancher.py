"""Rancher's names of what stacks are made of."""

from typing import Any

import dns.message
import dns.rcode

from bouvier.network.dns.answers import Answers
from bouvier.network.dns.rancher import StackNames, names_of_stack_service
from bouvier.network.dns.records import Records
from bouvier.network.dns.zone import Zone
from tests.unit.network.dns.test_answers import RANGES, ask


def service(name: str, stack: str = "shop", namespace: str = "shop", primary: str = "", **spec: Any) -> dict:
    labels = {"stacks.bouvier.io/stack": stack} if stack else {}
    labels |= {"stacks.bouvier.io/primary": primary} if primary else {}
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels}, "spec": spec}


def piece(*addresses: tuple[str, bool]) -> dict:
    endpoints = [{"addresses": [address], "conditions": {"ready": ready}} for address, ready in addresses]
    return {"addressType": "IPv4", "ports": [], "endpoints": endpoints}


def test_only_healthy_pods_answer() -> None:
    """The name leads to the pods themselves, without those that are not ready."""
    slices = [piece(("10.42.0.2", True), ("10.42.0.3", False)), piece(("10.42.1.2", True))]
    found = names_of_stack_service(service("web", clusterIP="10.43.0.9"), slices)
    assert found == {"web.shop.rancher.internal": Records(addresses=["10.42.0.2", "10.42.1.2"])}


def test_sidekicks_and_services_elsewhere() -> None:
    """A sidekick is found below its primary; a service elsewhere leads there."""
    kick = names_of_stack_service(service("helper", primary="web"), [])
    assert set(kick) == {"helper.shop.rancher.internal", "helper.web.shop.rancher.internal"}
    away = names_of_stack_service(service("away", type="ExternalName", externalName="X.example."), [])
    assert away["away.shop.rancher.internal"].alias == "x.example"


def test_what_is_no_part_of_a_stack_has_no_such_name() -> None:
    """Plain Services, and those that only publish ports, are left out."""
    assert names_of_stack_service(service("web", stack=""), []) == {}
    assert names_of_stack_service(service("web-published", type="LoadBalancer"), []) == {}


def test_a_stacks_name_belongs_to_one_namespace() -> None:
    """Of two stacks of one name the one in the namespace of that name has it, else the first; it passes on when it goes."""
    names = StackNames()
    here, there, own = service("a", namespace="n1"), service("b", namespace="n0"), service("c", namespace="shop")
    assert names.take("n1/a", here) == set()
    assert names.has(here)
    assert names.take("n0/b", there) == {"n1/a"}
    assert (names.has(here), names.has(there)) == (False, True)
    assert names.take("shop/c", own) == {"n1/a", "n0/b"}
    assert (names.has(here), names.has(there), names.has(own)) == (False, False, True)
    assert names.take("shop/c", None) == {"n1/a", "n0/b"}
    assert names.has(there)


def test_unknown_names_of_the_zone_are_not_asked_elsewhere() -> None:
    """Nobody outside knows `rancher.internal`: the answer is that there is no such name."""
    answer = ask(Answers(Zone("cluster.local"), RANGES), "nothing.shop.rancher.internal")
    assert isinstance(answer, dns.message.Message)
    assert answer.rcode() == dns.rcode.NXDOMAIN
