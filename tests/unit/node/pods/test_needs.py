"""Image names and pull policies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.node.pods.needs import full_image_name, is_image_name, pull_policy

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("nginx", "nginx:latest"),
        ("docker.io/library/nginx:1", "nginx:1"),
        ("docker.io/me/app", "me/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        (f"app@{DIGEST}", f"app@{DIGEST}"),
    ],
)
def test_full_names(image: str, expected: str) -> None:
    """Names are written as the engine lists them."""
    assert full_image_name(image) == expected


@pytest.mark.parametrize("image", ["nginx", "a.b/c_d/e-f:1.2", "localhost:5000/x", f"x@{DIGEST}", f"x:1@{DIGEST}"])
def test_good_names(image: str) -> None:
    """References that engines accept are accepted."""
    assert is_image_name(image)


@pytest.mark.parametrize("image", ["", "Upper", "a b", "x:", ":1", "x@sha256:short", "/x", "x//y"])
def test_bad_names(image: str) -> None:
    """Anything else is refused before a registry is asked."""
    assert not is_image_name(image)


@given(st.text(max_size=40))
def test_any_text_is_judged_quickly(image: str) -> None:
    """No text makes the check fail or hang."""
    assert is_image_name(image) in (True, False)


def test_policies() -> None:
    """`latest` is always pulled unless the container says otherwise."""
    assert pull_policy({"image": "x"}) == "Always"
    assert pull_policy({"image": "x:1"}) == "IfNotPresent"
    assert pull_policy({"image": "x", "imagePullPolicy": "Never"}) == "Never"
