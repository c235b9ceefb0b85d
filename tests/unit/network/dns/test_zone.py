from bouvier.network.dns import wire
from bouvier.network.dns.records import Records
from bouvier.network.dns.zone import Zone


def test_two_owners_of_one_name() -> None:
    """What two Services say of one address is answered together, until one goes."""
    zone = Zone("c")
    zone.say("a", {"x.c": Records(pointer=["a.c"])})
    zone.say("b", {"x.c": Records(pointer=["b.c"])})
    key = wire.encode_name("x.c")
    assert zone.names[key].by_kind[wire.PTR][1] == 2

    zone.say("a", {})
    assert zone.names[key].by_kind[wire.PTR][1] == 1
    assert zone.owners() == {"b"}


def test_names_above_exist_as_long_as_names_below() -> None:
    """A namespace's name exists while it has a Service."""
    zone = Zone("c")
    zone.say("a", {"w.ns.svc.c": Records(), "v.ns.svc.c": Records()})
    assert zone.find(wire.encode_name("ns.svc.c")) is not None

    zone.say("a", {"v.ns.svc.c": Records()})
    assert zone.find(wire.encode_name("ns.svc.c")) is not None
    zone.say("a", {})
    assert zone.find(wire.encode_name("ns.svc.c")) is None


def test_names_without_room_are_left_out() -> None:
    """A name that DNS cannot hold does not disturb the others."""
    zone = Zone("c")
    zone.say("a", {"x" * 64 + ".c": Records(), "y.c": Records(pointer=["z" * 64 + ".c"])})

    assert list(zone.names) == [wire.encode_name("y.c")]
    assert zone.names[wire.encode_name("y.c")].by_kind == {}
