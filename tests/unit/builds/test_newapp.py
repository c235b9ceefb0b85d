"""The objects of a new application."""

from bouvier.builds.deploying import container_of, triggers_of
from bouvier.builds.newapp import Application, hook_paths, objects_of
from bouvier.kinds.registry import builtin
from bouvier.meta.objects import Obj


def made(**more: object) -> dict[str, Obj]:
    base: dict[str, object] = {"name": "shop", "namespace": "web", "strategy": "Docker", "port": 8080, "secret": "s"}
    app = Application(**(base | {"uri": "/srv/shop.git"} | more))  # type: ignore[arg-type]
    return {resource.kind: obj for resource, obj in objects_of(app)}


def test_every_object_is_valid_and_found_by_its_label() -> None:
    """What is made passes the server's own checks, for every way of building."""
    for variant in ({}, {"strategy": "Source", "builder_image": "b:1", "uri": "", "environment": {"A": "1"}}):
        for kind in builtin().values():
            obj = made(**variant).get(kind.resource.kind)
            if obj is None or kind.resource.api_version != obj["apiVersion"]:
                continue
            kind.default(obj)
            kind.prepare(obj)
            assert kind.validate(obj) == [], kind.resource.kind
            assert obj["metadata"]["labels"]["app"] == "shop"


def test_the_deployment_waits_for_its_image_and_follows_the_stream() -> None:
    """Paused until the first build is in, with a trigger that names its container."""
    deployment = made()["Deployment"]
    (trigger,) = triggers_of(deployment)
    assert deployment["spec"]["paused"]
    assert container_of(deployment, trigger)[1]["name"] == "shop"
    assert trigger["from"]["name"] == "shop:latest"


def test_a_source_without_a_repository_starts_by_its_upload() -> None:
    """No trigger starts a build that has no source yet."""
    types = [trigger["type"] for trigger in made(uri="")["BuildConfig"]["spec"]["triggers"]]
    assert "ConfigChange" not in types
    assert made(uri="")["BuildConfig"]["spec"]["source"] == {"type": "Binary", "binary": {}}


def test_hooks_hold_the_secret_in_their_path() -> None:
    """Whoever has the address needs nothing else."""
    paths = hook_paths("web", "shop", "s3")
    assert paths["github"].endswith("/namespaces/web/buildconfigs/shop/webhooks/s3/github")
    assert set(paths) == {"generic", "github", "gitlab"}
