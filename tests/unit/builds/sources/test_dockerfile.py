"""What is read from Dockerfiles, and written into them."""

from hypothesis import given
from hypothesis import strategies as st

from bouvier.builds.sources.dockerfile import adapted, origins, ports_of, quoted

TWO = "FROM golang AS build\nRUN x\nFROM --platform=linux/amd64 alpine:3\nEXPOSE 8080/tcp 53/udp\nEXPOSE 9090\n"


def test_the_last_stage_starts_from_the_wanted_image() -> None:
    """As OpenShift does it: earlier stages stay, options too, and the environment comes first."""
    text = adapted(TWO, "base@sha256:1", {"A": "b c"})
    assert text.splitlines()[:4] == [
        "FROM golang AS build",
        "RUN x",
        "FROM --platform=linux/amd64 base@sha256:1",
        'ENV A="b c"',
    ]
    assert adapted(TWO, "", {}) == TWO


def test_ports_are_those_that_speak_tcp() -> None:
    """UDP ports are not for a route."""
    assert ports_of(TWO) == [8080, 9090]


def test_origins_are_images_only() -> None:
    """Names of stages, scratch and arguments are none."""
    assert origins("FROM a AS x\nFROM x\nFROM scratch\nFROM ${BASE}\nfrom b:1\n") == ["a", "b:1"]


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20))
def test_values_cannot_leave_their_quotes(value: str) -> None:
    """No value ends its quotes or is expanded."""
    inner = quoted(value)[1:-1]
    assert inner.replace("\\\\", "").replace('\\"', "").replace("\\$", "").count('"') == 0
    assert "$" not in inner.replace("\\\\", "").replace("\\$", "")
