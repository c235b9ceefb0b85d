"""Lists by label: the index gives what looking at every object gives."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.cache.labels import MOST_LABELS, LabelIndex
from bouvier.apiserver.cache.resource import INDEXED_ENTRIES, ResourceCache
from bouvier.apiserver.cache.selection import select

LABELS = st.dictionaries(st.sampled_from(["app", "tier"]), st.sampled_from(["a", "b", "c"]))
NAMES = st.sampled_from([f"{namespace}/{number}" for namespace in ("one", "two") for number in range(6)])
CHANGES = st.lists(st.tuples(NAMES, st.none() | LABELS), max_size=40)
QUESTIONS = st.sampled_from(["app=a", "tier=b", "app=a,tier=b", "app=a,tier!=c", "app in (a)", "app=x"])


def put(cache: ResourceCache, key: str, labels: dict[str, str] | None, revision: int) -> None:
    namespace, name = key.split("/")
    value = None if labels is None else orjson.dumps({"metadata": {"name": name, "labels": labels}})
    cache.apply(revision, namespace, name, value, [])


@given(st.lists(st.tuples(CHANGES, QUESTIONS, st.sampled_from(["", "one", "two"])), max_size=6))
def test_the_index_chooses_what_a_look_at_everything_chooses(
    rounds: list[tuple[list[tuple[str, dict[str, str] | None]], str, str]],
) -> None:
    """Whatever was created, relabelled and removed since a label was first asked for."""
    cache, revision = ResourceCache(0), 0
    for number in range(INDEXED_ENTRIES * 2):
        revision += 1
        put(cache, f"filler/{number:03d}", {"app": "z"}, revision)
    for changes, question, namespace in rounds:
        for key, labels in changes:
            if labels is None and key not in cache.entries:
                continue
            revision += 1
            put(cache, key, labels, revision)
        chosen = select(namespace, question, "", {})
        expected = [entry.key for entry in cache.entries.values() if chosen.matches(entry)]
        assert [entry.key for entry in cache.select(chosen)] == expected


def test_labels_that_nobody_asks_for_any_more_make_room() -> None:
    """Clients that ask for ever new labels do not make the index grow for ever."""
    index = LabelIndex()
    for number in range(MOST_LABELS * 3):
        index.find({f"label-{number}": "x"}, ())
    assert len(index._by_label) == MOST_LABELS


def test_a_common_label_is_looked_for_in_order() -> None:
    """Where most objects are chosen, the order they are in already is kept."""
    cache = ResourceCache(0)
    for number in range(INDEXED_ENTRIES * 2):
        put(cache, f"one/{number:03d}", {"app": "web"}, number + 1)
    assert len(cache.select(select("", "app=web", "", {}))) == INDEXED_ENTRIES * 2
