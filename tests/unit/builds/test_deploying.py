"""Image triggers: which container an annotation means, and what is wrong with it."""

import json

import pytest

from bouvier.builds.deploying import TRIGGERS, container_of, triggers_of
from bouvier.meta.objects import Obj

CONTAINERS = [{"name": "web", "image": "a"}, {"name": "side", "image": "b"}]


def workload(annotation: object) -> Obj:
    text = annotation if isinstance(annotation, str) else json.dumps(annotation)
    pod = {"containers": CONTAINERS, "initContainers": [{"name": "init", "image": "c"}]}
    return {"metadata": {"annotations": {TRIGGERS: text}}, "spec": {"template": {"spec": pod}}}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ('spec.template.spec.containers[?(@.name=="side")].image', "side"),
        ("spec.template.spec.containers[?(@.name=='web')].image", "web"),
        ("spec.template.spec.containers[1].image", "side"),
        ("spec.template.spec.initContainers[0].image", "init"),
    ],
)
def test_containers_by_name_and_number(path: str, name: str) -> None:
    """Both of OpenShift's ways to name a container."""
    assert container_of(workload([]), {"fieldPath": path})[1]["name"] == name


def test_bad_annotations_are_told() -> None:
    """What is wrong is said, and nothing else is done."""
    for path in ("", "spec.replicas", 'spec.template.spec.containers[?(@.name=="x")].image'):
        with pytest.raises(ValueError, match="names no container"):
            container_of(workload([]), {"fieldPath": path})
    for annotation, text in (("{", "is not JSON"), ({}, "is not a list"), ([{"from": {"kind": "X"}}], "each entry")):
        with pytest.raises(ValueError, match=text):
            triggers_of(workload(annotation))
