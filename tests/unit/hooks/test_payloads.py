"""What senders say of pushes, and which call that is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.hooks.deliveries import call_name, delivery_of
from bouvier.hooks.images import is_same, normal
from bouvier.hooks.images import parse as parse_image
from bouvier.hooks.payloads import Push, parse


@pytest.mark.parametrize(
    ("document", "push"),
    [
        ({"image": "web:2"}, Push("web", "2")),
        ({"image": "registry:5000/web"}, Push("registry:5000/web", "latest")),
        ({"image": "web", "tag": "3", "digest": "sha256:" + "0" * 64}, Push("web", "3", "sha256:" + "0" * 64)),
        ({"push_data": {"tag": "1"}, "repository": {"repo_name": "a/b"}}, Push("a/b", "1")),
        (
            {"events": [{"action": "push", "target": {"repository": "a", "tag": "1"}, "request": {"host": "r:5"}}]},
            Push("r:5/a", "1"),
        ),
    ],
)
def test_every_form_names_its_push(document: dict, push: Push) -> None:
    """Generic, Docker Hub's and a registry's notifications are understood."""
    assert parse(document).pushes == [push]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["events", "image", "tag", "push_data", "repository", "target", "action", "id", "x"]),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_no_body_breaks_the_reader(document: object) -> None:
    """Whatever is sent is either understood or refused with a sentence."""
    try:
        payload = parse(json.loads(json.dumps(document)))
    except ValueError as error:
        assert str(error)
    else:
        assert all(push.repository and push.tag for push in payload.pushes)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_delivery_has_one_name(one: str, other: str) -> None:
    """The same delivery makes the same call, another one another, and no delivery a new one each time."""
    names = [call_name("up", "uid", each) for each in (one, one, other)]
    if one:
        assert names[0] == names[1]
    assert (names[0] == names[2]) == (one == other != "")


def test_the_first_known_header_names_the_delivery() -> None:
    """A header counts before the content; an id that is too long is refused by name."""
    headers = {"X-GitHub-Delivery": "7", "Idempotency-Key": "k"}
    assert delivery_of(lambda name: headers.get(name, ""), "hub:x") == "idempotency-key:k"
    assert delivery_of(lambda _name: "", "hub:x") == "hub:x"
    with pytest.raises(ValueError, match="Idempotency-Key: must be no more"):
        delivery_of(lambda _name: "x" * 300)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("web", "docker.io/library/web", True),
        ("index.docker.io/a/b", "a/b", True),
        ("localhost/web", "web", False),
        ("r:5000/web", "r:5000/web", True),
        ("a/b", "c/b", False),
    ],
)
def test_names_of_repositories_are_compared_in_full(one: str, other: str, *, same: bool) -> None:
    """The hub's short names mean its long ones, other hosts do not."""
    assert is_same(one, other) is same
    assert normal(normal(one)) == normal(one)


def test_a_name_falls_apart_and_together() -> None:
    """A port is no tag, and a digest stays."""
    image = parse_image("r:5000/team/web:1@sha256:ab")
    assert image == ("r:5000/team/web", "1", "sha256:ab")
    assert image.text == "r:5000/team/web:1@sha256:ab"
    assert parse_image("r:5000/web").tag == ""
