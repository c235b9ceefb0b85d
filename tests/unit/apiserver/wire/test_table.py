"""Tables and partial metadata are assembled from encoded objects."""

import json
from types import SimpleNamespace

import pytest

from bouvier.apiserver.wire import partial, table
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.errors import ApiError
from bouvier.meta.resources import CONFIGMAPS

CREATED = 1_700_000_000.0
CREATED_TEXT = "2023-11-14T22:13:20Z"


def kind(*columns):
    return Kind(CONFIGMAPS, "configmap", "io.k8s.api.core.v1.ConfigMap", columns=columns)


def entry(name="one", created=CREATED_TEXT, **fields):
    metadata = {"resourceVersion": "7", "name": name} | ({"creationTimestamp": created} if created else {})
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata} | fields
    return SimpleNamespace(value=json.dumps(obj).encode(), revision=7, row=None)


def cells(shown, entries, now):
    document = json.loads(b"".join(table.render_list(shown, entries, {"resourceVersion": "9"}, now=now)))
    return [row["cells"] for row in document["rows"]]


DATA = Column("Data", lambda obj: len(obj.get("data", ())), "integer", priority=1, description="How many.")


@pytest.mark.parametrize("columns", [(NAME, DATA, AGE), (AGE, NAME, DATA), (NAME, AGE, DATA), (AGE,)])
def test_list(columns):
    """Definitions, cells and metadata are complete wherever the age stands."""
    document = json.loads(
        b"".join(
            table.render_list(
                kind(*columns), [entry("a", data={"k": "v"}), entry("b")], {"resourceVersion": "9"}, now=CREATED
            )
        )
    )
    values = {"Name": "a", "Data": 1, "Age": "0s"}
    assert (document["kind"], document["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    assert document["metadata"] == {"resourceVersion": "9"}
    assert [one["name"] for one in document["columnDefinitions"]] == [column.name for column in columns]
    assert document["rows"][0]["cells"] == [values[column.name] for column in columns]
    assert document["rows"][1]["object"] == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "7", "name": "b", "creationTimestamp": CREATED_TEXT},
    }


def test_column_definition():
    """A definition says everything that clients lay columns out by."""
    document = json.loads(b"".join(table.render_list(kind(NAME, DATA), [], {})))
    assert document["rows"] == []
    assert document["columnDefinitions"][0]["format"] == "name"
    assert document["columnDefinitions"][1] == {
        "name": "Data",
        "type": "integer",
        "format": "",
        "description": "How many.",
        "priority": 1,
    }


def test_age_passes_while_cells_are_kept():
    """A kept row shows the age of the moment, and its other cells without computing them again."""
    calls = []
    counted = Column("Counted", lambda obj: calls.append(obj) or "x")
    one = [entry()]
    shown = kind(NAME, AGE, counted)
    assert cells(shown, one, CREATED + 5) == [["one", "5s", "x"]]
    assert cells(shown, one, CREATED + 3600 * 24 * 3) == [["one", "3d", "x"]]
    assert len(calls) == 1


def test_times_in_other_cells_are_made_anew():
    """Cells such as a pod's restarts tell a time ago, so they are computed again after a second."""
    texts = iter(["1 (5s ago)", "1 (6s ago)"])
    shown = kind(Column("Restarts", lambda _: next(texts)))
    one = [entry()]
    assert cells(shown, one, CREATED) == [["1 (5s ago)"]]
    assert cells(shown, one, CREATED + 0.5) == [["1 (5s ago)"]]
    assert cells(shown, one, CREATED + 1) == [["1 (6s ago)"]]


def test_new_columns_replace_kept_rows():
    """When a kind is defined anew, the next table has the new cells."""
    one = [entry()]
    assert cells(kind(NAME), one, CREATED) == [["one"]]
    assert cells(kind(DATA), one, CREATED) == [[0]]


def test_object_without_creation_time():
    """An object that was never stored has an unknown age."""
    assert cells(kind(NAME, AGE), [entry(created="")], CREATED) == [["one", "<unknown>"]]


def test_kind_without_columns():
    """Kinds without columns show name and time of creation."""
    assert cells(kind(), [entry()], CREATED) == [["one", CREATED_TEXT]]


def test_what_rows_carry():
    """Rows carry metadata, the whole object, or nothing, as asked."""
    shown = kind(NAME)
    whole = json.loads(table.render_one(shown, entry(data={"a": "b"}), include="Object"))
    assert whole["rows"][0]["object"]["data"] == {"a": "b"}
    assert whole["metadata"] == {"resourceVersion": "7"}
    assert json.loads(table.render_one(shown, entry(), include="None"))["rows"][0]["object"] is None
    old = json.loads(table.render_one(shown, entry(), "v1beta1"))
    assert (old["apiVersion"], old["rows"][0]["object"]["apiVersion"]) == ("meta.k8s.io/v1beta1",) * 2
    with pytest.raises(ApiError, match='includeObject: Invalid value: "Some": must be') as caught:
        table.render_one(shown, entry(), include="Some")
    assert caught.value.code == 400


def test_watch_events():
    """The first event defines the columns, later ones need not."""
    shown, one = kind(NAME), entry()
    assert json.loads(table.render_event(shown, one))["columnDefinitions"][0]["name"] == "Name"
    later = json.loads(table.render_event(shown, one, has_columns=False))
    assert later["columnDefinitions"] is None
    assert later["rows"][0]["cells"] == ["one"]


def test_partial_metadata():
    """Metadata alone, of one object and of a list."""
    one = json.loads(partial.render_one(entry(data={"a": "b"}), "v1"))
    assert one == {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": "7", "name": "one", "creationTimestamp": CREATED_TEXT},
    }
    listed = json.loads(b"".join(partial.render_list([entry("a"), entry("b")], {"resourceVersion": "9"}, "v1")))
    assert listed["kind"] == "PartialObjectMetadataList"
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a", "b"]
    assert json.loads(b"".join(partial.render_list([], {}, "v1")))["items"] == []
