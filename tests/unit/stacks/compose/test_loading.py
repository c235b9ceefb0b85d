import pytest

from bouvier.stacks.compose.loading import Source, load
from bouvier.stacks.errors import StackError


def services(*texts: str, **more: object) -> dict:
    return load(Source(texts, **more)).services


def test_version_1_has_its_services_at_the_top() -> None:
    """A file without `services` is the oldest form."""
    assert services("web:\n  image: a\n  net: host\n") == {"web": {"image": "a", "network_mode": "host"}}


def test_later_files_go_on_top() -> None:
    """Mappings merge, commands are replaced, ports are joined, mounts of one target are replaced."""
    base = "services: {a: {image: x, command: [a, b], ports: ['80'], environment: [K=1, L=2], volumes: ['/x:/d']}}"
    over = "services: {a: {command: [c], ports: ['81'], environment: {K: 3}, volumes: ['/y:/d']}}"
    assert services(base, over)["a"] == {
        "image": "x",
        "command": ["c"],
        "ports": ["80", "81"],
        "environment": {"K": 3, "L": "2"},
        "volumes": ["/y:/d"],
    }


def test_a_service_extends_another_file() -> None:
    """The base comes from a file beside; its links do not come along."""
    text = "services: {a: {extends: {file: base.yml, service: b}, command: c}}"
    base = "services: {b: {image: x, links: [z]}}"
    assert services(text, files={"base.yml": base})["a"] == {"image": "x", "command": "c"}


def test_circular_extension_is_refused() -> None:
    """The circle is named."""
    with pytest.raises(StackError, match="circle of extensions: #b → #a → #b"):
        services("services: {a: {extends: b}, b: {extends: a}}")


def test_profiles_select() -> None:
    """Without the profile the service is not there."""
    text = "services: {a: {image: x}, b: {image: x, profiles: [debug]}}"
    assert list(services(text)) == ["a"]
    assert list(services(text, profiles=("debug",))) == ["a", "b"]


def test_variables_come_from_files_and_the_caller() -> None:
    """A bare name takes the caller's value; what stands in the service wins over its files."""
    text = "services: {a: {image: x, env_file: v.env, environment: [B, C=3, NOT_THERE]}}"
    found = services(text, files={"v.env": "A=1\nC=2\n"}, environment={"B": "2"})
    assert found["a"]["environment"] == {"A": "1", "B": "2", "C": "3"}


def test_include_is_refused_by_name() -> None:
    """With the way out."""
    with pytest.raises(StackError, match=r"docker-compose.yml:1:10: include: include is not read; .*--file"):
        services("include: [a.yml]\nservices: {a: {image: x}}")


def test_a_missing_variable_is_named_with_its_place() -> None:
    """Line, column, path and message."""
    with pytest.raises(
        StackError, match=r"docker-compose.yml:3:12: services.a.image: the variable TAG is missing: say"
    ):
        services("services:\n  a:\n    image: x:${TAG:?say which}\n")
