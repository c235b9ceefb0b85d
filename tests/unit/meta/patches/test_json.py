"""JSON patch: operations, reasons of refusal and limits."""

import contextlib
import copy

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.errors import ApiError
from bouvier.meta.patches import json as json_patches
from bouvier.meta.patches.json import json_patch

SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b/c", "~d", "", "0"])
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)
POINTERS = st.sampled_from(["", "/a", "/a/0", "/a/-", "/a/a", "/b~1c", "/~0d", "/0", "/a/a/0", "/"])
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"value": JSON, "from": POINTERS},
)


def refusal(doc, ops) -> ApiError:
    with pytest.raises(ApiError) as raised:
        json_patch(doc, ops)
    return raised.value


def test_operations_apply_in_order():
    """Each operation sees the work of those before it."""
    doc = {"spec": {"ports": [80, 443]}, "old": 1}
    ops = [
        {"op": "test", "path": "/old", "value": 1},
        {"op": "add", "path": "/spec/ports/-", "value": 8080},
        {"op": "remove", "path": "/spec/ports/0"},
        {"op": "move", "from": "/old", "path": "/new"},
        {"op": "copy", "from": "/spec/ports/0", "path": "/spec/first"},
        {"op": "replace", "path": "/new", "value": {"a~b/c": 1}},
        {"op": "replace", "path": "/new/a~0b~1c", "value": 2},
    ]
    assert json_patch(doc, ops) == {"spec": {"ports": [443, 8080], "first": 443}, "new": {"a~b/c": 2}}


def test_failing_test_is_invalid_and_names_the_operation():
    """A test that fails gives 422 Invalid, with the operation and its path in the message."""
    error = refusal({"a": 1}, [{"op": "add", "path": "/b", "value": 1}, {"op": "test", "path": "/a", "value": 2}])
    assert (error.reason, error.code) == ("Invalid", 422)
    assert error.message.endswith('operation 1 (test "/a"): test failed: it is 1, the patch expects 2')
    assert "nothing is there" in refusal({}, [{"op": "test", "path": "/a", "value": "x" * 200}]).message


def test_missing_path_is_invalid():
    """Removing what is not there is refused with 422 Invalid."""
    error = refusal({"a": 1}, [{"op": "remove", "path": "/b"}])
    assert (error.reason, error.code) == ("Invalid", 422)


def test_testing_for_null_accepts_absence():
    """A test for null passes for a missing member too, and only for null otherwise."""
    assert json_patch({}, [{"op": "test", "path": "/a", "value": None}]) == {}
    assert json_patch({"a": None}, [{"op": "test", "path": "/a", "value": None}]) == {"a": None}
    assert refusal({"a": 1}, [{"op": "test", "path": "/a", "value": None}]).code == 422


@pytest.mark.parametrize(
    "ops",
    [
        {"op": "remove", "path": "/a"},
        "[]",
        None,
        ["remove"],
        [{"path": "/a"}],
        [{"op": "remove"}],
        [{"op": "explode", "path": "/a"}],
        [{"op": "add", "path": "/a"}],
        [{"op": "copy", "path": "/a"}],
        [{"op": "move", "path": "/a", "from": 3}],
        [{"op": "remove", "path": "a"}],
        [{"op": "remove", "path": "/~2"}],
        [{"op": "remove", "path": 7}],
        [{"op": ["remove"], "path": "/a"}],
    ],
)
def test_malformed_patches_are_bad_requests(ops):
    """What is not a JSON patch gives 400 BadRequest."""
    error = refusal({"a": 1}, ops)
    assert (error.reason, error.code) == ("BadRequest", 400)


def test_number_of_operations_is_limited():
    """One operation more than the limit is refused before anything is done."""
    op = {"op": "test", "path": "", "value": {}}
    error = refusal({}, [op] * (json_patches.MAX_OPERATIONS + 1))
    assert error.code == 413
    assert "10000" in error.message


def test_repeated_copies_cannot_blow_up_a_document():
    """A patch that doubles the document with every operation is stopped at the limit."""
    ops = [{"op": "copy", "from": "", "path": f"/{index}"} for index in range(60)]
    error = refusal({"a": "x" * 100}, ops)
    assert error.reason == "Invalid"
    assert "copies" in error.message


@given(JSON, JSON)
def test_difference_leads_from_one_document_to_the_other(old, new):
    """A patch made from two documents turns the first into the second and leaves the first alone."""
    before = copy.deepcopy(old)
    assert json_patch(old, jsonpatch.make_patch(old, new).patch) == new
    assert old == before


@given(JSON, st.lists(OPERATIONS, max_size=4))
def test_any_patch_gives_a_document_or_a_status(doc, ops):
    """No sequence of operations causes anything but a result or an ApiError, and no argument changes."""
    before = copy.deepcopy((doc, ops))
    with contextlib.suppress(ApiError):
        json_patch(doc, ops)
    assert (doc, ops) == before
