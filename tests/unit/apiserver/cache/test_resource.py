"""The cached objects of one resource: which ones a list chooses."""

import orjson
import pytest

from bouvier.apiserver.cache.resource import ResourceCache
from bouvier.apiserver.cache.selection import select

SELECTABLE = {"spec.nodeName": lambda pod: pod["spec"].get("nodeName", "")}


@pytest.fixture
def cache() -> ResourceCache:
    """Pods in namespaces whose names begin alike, every second one labelled."""
    made = ResourceCache(0)
    for revision, key in enumerate(("a/y", "a-b/x", "a/x", "a.b/x", "b/x", "a0/x"), start=1):
        namespace, name = key.split("/")
        labels = {"app": "web" if revision % 2 else "db", "stage": "test"}
        pod = {"metadata": {"name": name, "labels": labels}, "spec": {"nodeName": f"n{revision % 2}"}}
        made.apply(revision, namespace, name, orjson.dumps(pod), [])
    return made


def chosen(cache: ResourceCache, namespace: str = "", labels: str = "", fields: str = "") -> list[str]:
    return [entry.key for entry in cache.select(select(namespace, labels, fields, SELECTABLE))]


def test_a_namespace_has_its_own_objects_alone(cache: ResourceCache) -> None:
    """Namespaces that begin with the same letters are other namespaces."""
    assert chosen(cache, "a") == ["a/x", "a/y"]
    assert chosen(cache, "a0") == ["a0/x"]
    assert chosen(cache, "c") == []


def test_everything_comes_in_the_order_of_keys(cache: ResourceCache) -> None:
    """Without a namespace all objects are listed, sorted."""
    assert chosen(cache) == ["a-b/x", "a.b/x", "a/x", "a/y", "a0/x", "b/x"]


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        ("app=web", ["a/x", "a/y", "b/x"]),
        ("app=web,stage=test", ["a/x", "a/y", "b/x"]),
        ("app=web,app=db", []),
        ("app!=web", ["a-b/x", "a.b/x", "a0/x"]),
        ("app in (web, db),!stage", []),
        ("missing=", []),
    ],
)
def test_labels_choose(cache: ResourceCache, labels: str, keys: list[str]) -> None:
    """Equalities and other requirements choose what they say, alone and together."""
    assert chosen(cache, labels=labels) == keys


def test_labels_fields_and_namespace_choose_together(cache: ResourceCache) -> None:
    """Every part of a selection has to fit."""
    assert chosen(cache, "a", "app=web", "spec.nodeName=n1") == ["a/x", "a/y"]
    assert chosen(cache, "a", "app=web", "spec.nodeName=n0") == []
