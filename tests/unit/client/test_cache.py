import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.client.cache import Cache
from bouvier.meta.objects import Obj, key_of


def pod(namespace: str, name: str, node: str) -> Obj:
    return {"metadata": {"namespace": namespace, "name": name}, "spec": {"nodeName": node}}


def node_of(obj: Obj) -> str:
    return obj["spec"]["nodeName"]


STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from("ab"), st.sampled_from("xyz"), st.sampled_from(["", "n1", "n2"])),
    max_size=30,
)


@given(STEPS)
def test_indexes_agree_with_a_search(steps: list) -> None:
    """After any changes, each index finds exactly the objects that a search through all of them finds."""
    cache = Cache()
    cache.add_index("early", node_of)
    for put, namespace, name, node in steps:
        if put:
            cache.put(pod(namespace, name, node))
        else:
            cache.remove(key_of(pod(namespace, name, node)))
    cache.add_index("late", node_of)
    for index in ("early", "late"):
        for node in ("n1", "n2"):
            expected = [obj for obj in cache.objects.values() if node_of(obj) == node]
            assert sorted(map(str, cache.indexed(index, node))) == sorted(map(str, expected))
        assert set(cache.values(index)) == {node_of(obj) for obj in cache.objects.values()} - {""}
    for namespace in "ab":
        expected = [obj for obj in cache.objects.values() if obj["metadata"]["namespace"] == namespace]
        assert sorted(map(str, cache.in_namespace(namespace))) == sorted(map(str, expected))


def test_index_with_several_values() -> None:
    """An index function may give many values, and the object leaves those that it loses."""
    cache = Cache()
    cache.add_index("words", lambda obj: obj["words"])
    cache.put({"metadata": {"name": "a"}, "words": ["one", "two"]})
    cache.put({"metadata": {"name": "a"}, "words": ["two", "three"]})
    assert [len(cache.indexed("words", word)) for word in ("one", "two", "three")] == [0, 1, 1]


def test_an_index_name_means_one_function() -> None:
    """Two users may share an index, but not give its name another meaning."""
    cache = Cache()
    cache.add_index("node", node_of)
    cache.add_index("node", node_of)
    with pytest.raises(ValueError, match='index "node" exists'):
        cache.add_index("node", lambda _obj: "x")
