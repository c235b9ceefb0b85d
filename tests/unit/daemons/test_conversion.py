"""Converting for the create form."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bouvier.apiserver.request import ANONYMOUS, Request, User
from bouvier.daemons.conversion import convert
from bouvier.meta.errors import ApiError

USER = User("somebody", ())


def request(body: Any, user: User = USER, method: str = "POST") -> Request:
    async def read() -> bytes:
        return json.dumps(body).encode()

    given: Any = SimpleNamespace(user=user, method=method, read=read)
    return given


async def converted(body: Any) -> Any:
    answer: Any = await convert(request(body))
    return json.loads(answer.body)


async def test_a_command_becomes_every_form_and_comes_back() -> None:
    """Form, Compose and YAML of a command give the same form again."""
    command = "docker run --name web -p 8080:80 -e A=1 --ulimit nofile=1024 --init nginx:1 sleep 5"
    first = await converted({"from": "docker-run", "text": command})
    assert first["form"]["image"] == "nginx:1"
    assert first["form"]["command"] == ["sleep", "5"]
    assert first["form"]["options"]["ulimit"] == ["nofile=1024"]
    assert first["refusals"] == []
    for name, text in first["texts"].items():
        assert (await converted({"from": name, "text": text}))["form"] == first["form"], name
    assert (await converted({"from": "form", "form": first["form"]}))["texts"] == first["texts"]


async def test_objects_stand_in_the_namespace_and_number_that_are_asked_for() -> None:
    """Namespace and number are no options of docker run; they are given beside the form."""
    body = {"from": "form", "form": {"image": "nginx:1", "options": {"name": ["web"]}}, "namespace": "shop"}
    [workload] = (await converted({**body, "replicas": 3}))["objects"]
    assert workload["metadata"]["namespace"] == "shop"
    assert workload["spec"]["replicas"] == 3


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"from": "docker-run", "text": "docker run --nonsense nginx"}, "nonsense"),
        ({"from": "form", "form": {"image": " "}}, "image"),
        ({"from": "form", "form": {"image": "nginx", "options": {"nonsense": ["1"]}}}, "nonsense"),
        ({"from": "form", "form": {"image": "nginx", "options": {"pids-limit": ["many"]}}}, "pids-limit"),
        ({"from": "compose", "text": "services: [}"}, "line"),
        ({"from": "compose", "text": "services:\n  a:\n    image: x\n  b:\n    image: y\n"}, "services"),
        ({"from": "yaml", "text": "kind: Service"}, "kind"),
        ({"from": "elsewhere"}, "from"),
        ({"from": "yaml"}, "text"),
        ([], "from"),
    ],
)
async def test_what_is_not_understood_is_refused_at_its_field(body: Any, field: str) -> None:
    """The cause names the option, or the part of the text."""
    with pytest.raises(ApiError) as caught:
        await convert(request(body))
    assert caught.value.code == 422
    assert caught.value.details["causes"][0]["field"] == field


async def test_what_cannot_be_honoured_leaves_the_other_forms(tmp_path: Path) -> None:
    """A refused option is named; command and Compose are there all the same."""
    answer = await converted({"from": "docker-run", "text": "docker run --ip 10.0.0.9 nginx"})
    assert answer["refusals"][0]["field"] == "ip"
    assert set(answer["texts"]) == {"docker-run", "compose"}
    assert answer["objects"] == []


@pytest.mark.parametrize("option", ["env-file", "label-file"])
async def test_no_file_and_no_variable_of_the_server_is_read(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may sign in to the console must not see what lies on the server."""
    secret = tmp_path / "secret"
    secret.write_text("PASSWORD=hidden")
    monkeypatch.setenv("PASSWORD", "hidden")
    answer = await converted({"from": "docker-run", "text": f"docker run -e PASSWORD --{option} {secret} nginx"})
    assert "hidden" not in json.dumps(answer)
    assert answer["refusals"][0]["field"] == option
    written = json.dumps({"image": "nginx", "command": [], "options": {option: [str(secret)]}})
    manifest = {"kind": "Pod", "metadata": {"name": "x", "annotations": {"engine.bouvier.io/docker-run": written}}}
    with pytest.raises(ApiError, match="names a file"):
        await convert(request({"from": "yaml", "text": json.dumps(manifest)}))
    plain = await converted({"from": "docker-run", "text": "docker run -e PASSWORD nginx"})
    assert "hidden" not in json.dumps(plain)


async def test_strangers_and_other_methods_are_refused() -> None:
    """Only who is signed in may ask, and only by POST."""
    with pytest.raises(ApiError, match="Unauthorized"):
        await convert(request({}, user=ANONYMOUS))
    with pytest.raises(ApiError, match="POST"):
        await convert(request({}, method="GET"))
