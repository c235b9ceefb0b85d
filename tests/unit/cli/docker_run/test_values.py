"""Values of docker's options."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.cli.docker_run.values import Publish, check_image, duration_seconds, parse_publish, quantity_of, size_bytes
from bouvier.meta.quantities import whole


@given(st.integers(0, 1 << 50))
def test_a_quantity_is_exact(size: int) -> None:
    """However a size is shortened, it means the same number of bytes."""
    assert whole(quantity_of(size)) == size


@pytest.mark.parametrize(
    ("text", "size"), [("512m", 512 << 20), ("2G", 2 << 30), ("1.5k", 1536), ("10", 10), ("3b", 3), ("4MiB", 4 << 20)]
)
def test_sizes_in_dockers_units(text: str, size: int) -> None:
    """Docker's units are powers of 1024 in either case."""
    assert size_bytes("--memory", text) == size


@pytest.mark.parametrize(("text", "seconds"), [("30s", 30), ("1m30s", 90), ("500ms", 0.5), ("1.5h", 5400)])
def test_durations(text: str, seconds: float) -> None:
    """Go's durations, as docker takes them."""
    assert duration_seconds("--health-interval", text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "ports"),
    [
        ("80", [Publish(80)]),
        ("8080:80", [Publish(80, 8080)]),
        ("127.0.0.1:8080:80/udp", [Publish(80, 8080, "127.0.0.1", "UDP")]),
        ("127.0.0.1::80", [Publish(80, 0, "127.0.0.1")]),
        ("8000-8001:80-81", [Publish(80, 8000), Publish(81, 8001)]),
        ("[::1]:8080:80", [Publish(80, 8080, "::1")]),
    ],
)
def test_published_ports(text: str, ports: list[Publish]) -> None:
    """All of docker's forms."""
    assert parse_publish(text) == ports


@pytest.mark.parametrize("image", ["web", "team/web:1.0", "registry.example:5000/web", "web@sha256:" + "0" * 64])
def test_possible_images(image: str) -> None:
    """What could be an image is left to the engine."""
    assert check_image(image) == image


@pytest.mark.parametrize("image", ["", "Web", "web:", "-x", "web web", "web:tag:tag"])
def test_impossible_images(image: str) -> None:
    """What can be none is refused before anything is created."""
    with pytest.raises(ValueError, match="is no image"):
        check_image(image)
