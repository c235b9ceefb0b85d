"""BuildConfig: defaults, refusals by name, the count of Builds."""

import pytest

from bouvier.kinds.build_v1 import buildconfigs
from bouvier.meta.objects import Obj


def config(**spec: object) -> Obj:
    full = {
        "source": {"git": {"uri": "https://git.example/shop.git"}},
        "strategy": {"dockerStrategy": {}},
        "output": {"to": {"kind": "ImageStreamTag", "name": "shop:latest"}},
    }
    obj: Obj = {"metadata": {"name": "shop", "namespace": "web"}, "spec": full | spec}
    buildconfigs.default(obj)
    buildconfigs.prepare(obj)
    return obj


def problems(**spec: object) -> list[str]:
    return [str(error) for error in buildconfigs.validate(config(**spec))]


def test_types_are_filled_from_what_is_there() -> None:
    """Nobody has to say Git or Docker twice."""
    made = config()
    assert (made["spec"]["source"]["type"], made["spec"]["strategy"]["type"]) == ("Git", "Docker")
    assert made["spec"]["runPolicy"] == "Serial"
    assert problems() == []


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"strategy": {"customStrategy": {"from": {}}}}, "spec.strategy.customStrategy: Forbidden: custom builders"),
        ({"strategy": {}}, "must hold either dockerStrategy or sourceStrategy"),
        ({"strategy": {"sourceStrategy": {}}}, "spec.strategy.sourceStrategy.from: Required value"),
        ({"source": {"git": {}}}, "spec.source.git.uri: Required value"),
        ({"source": {"git": {"uri": "--upload-pack=x"}}}, "is not the address of a repository"),
        ({"source": {"git": {"uri": "x", "ref": "-x"}}}, "is not a branch, tag or commit"),
        ({"source": {"git": {"uri": "x"}, "contextDir": "a/../.."}}, "must not leave the source"),
        ({"output": {"to": {"kind": "ImageStreamTag", "name": "shop"}}}, "must be of the form <name>:<tag>"),
        ({"output": {"to": {"kind": "DockerImage", "name": "a/b:c"}}}, "spec.output.to.kind: Unsupported value"),
        ({"runPolicy": "Sometimes"}, 'spec.runPolicy: Unsupported value: "Sometimes"'),
        ({"triggers": [{"type": "GitHub"}]}, "spec.triggers[0].github.secretReference.name: Required value"),
        ({"triggers": [{"type": "Bitbucket"}]}, "Bitbucket hooks are not there"),
        ({"postCommit": {"script": "a", "command": ["b"]}}, "cannot use command and script together"),
        ({"nodeSelector": {"a": "b"}}, "spec.nodeSelector: Forbidden: builds run on the host of the server"),
        ({"completionDeadlineSeconds": 0}, "must be a positive number of seconds"),
    ],
)
def test_what_cannot_be_built_is_refused_by_name(spec: Obj, problem: str) -> None:
    """Each refusal names the field and what is possible."""
    assert any(problem in one for one in problems(**spec))


def test_the_count_never_goes_back() -> None:
    """Replacing the object with an older one keeps the number of the newest Build."""
    old, new = config(), config()
    old["status"]["lastVersion"] = 7
    new["status"] = {"lastVersion": 2}
    buildconfigs.prepare_update(new, old)
    assert new["status"]["lastVersion"] == 7
