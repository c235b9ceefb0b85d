from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.network.services.elements import LASTING, TAG, Element, chooser_of, elements_of, lasting_numbers
from bouvier.network.services.plan import ANY_LOCAL, Backend, Frontend, Target

WEB = Frontend("10.43.0.100", "tcp", 80)
ONE, TWO = Backend("10.42.0.2", 8080), Backend("10.42.0.3", 8080)


def test_one_element_for_each_place() -> None:
    """A frontend names its chain; every place of the draw leads to one backend."""
    assert list(elements_of(WEB, Target((ONE, TWO)))) == [
        Element("services", "10.43.0.100 . tcp . 80", "goto pick_2"),
        Element("endpoints", f"10.43.0.100 . tcp . 80 . {TAG:#x}", "10.42.0.2 . 8080"),
        Element("endpoints", f"10.43.0.100 . tcp . 80 . {TAG + 1:#x}", "10.42.0.3 . 8080"),
    ]


def test_without_backends_it_is_refused() -> None:
    """An address without backends is refused by name; a node port is by the host itself."""
    assert list(elements_of(WEB, Target(()))) == [Element("refused", "10.43.0.100 . tcp . 80")]
    assert list(elements_of(Frontend(ANY_LOCAL, "tcp", 30080), Target(()))) == []


def test_node_ports_have_maps_of_their_own() -> None:
    """Frontends of every address of the host have no address in their keys."""
    elements = list(elements_of(Frontend(ANY_LOCAL, "tcp", 30080), Target((ONE,), 60)))

    assert {e.collection for e in elements} == {"node_ports", "node_endpoints", "node_lasting"}
    assert chooser_of(Frontend(ANY_LOCAL, "tcp", 30080), Target((ONE,), 60)).name == "node_stick_1_60"  # type: ignore[union-attr]


@settings(deadline=None)
@given(st.sets(st.builds(Backend, st.ip_addresses(v=4).map(str), st.integers(1, 65535)), min_size=1, max_size=50))
def test_lasting_numbers_differ(backends: set[Backend]) -> None:
    """No two backends of a frontend share a number, and no number is a place of the draw."""
    numbers = lasting_numbers(tuple(sorted(backends)))

    assert len(set(numbers.values())) == len(backends)
    assert all(LASTING <= number < 2 * LASTING for number in numbers.values())
