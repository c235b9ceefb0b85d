"""Single requirements: matching and checking."""

import pytest

from bouvier.meta.selectors import make_requirement


@pytest.mark.parametrize(
    ("operator", "values", "labels", "expected"),
    [
        ("In", ["a", "b"], {"k": "b"}, True),
        ("In", ["a", "b"], {"k": "c"}, False),
        ("In", ["a"], {}, False),
        ("NotIn", ["a"], {"k": "b"}, True),
        ("NotIn", ["a"], {"k": "a"}, False),
        ("NotIn", ["a"], {}, True),
        ("Exists", [], {"k": ""}, True),
        ("Exists", [], {}, False),
        ("DoesNotExist", [], {"k": ""}, False),
        ("DoesNotExist", [], {}, True),
        ("Gt", ["5"], {"k": "6"}, True),
        ("Gt", ["5"], {"k": "5"}, False),
        ("Gt", ["5"], {"k": "many"}, False),
        ("Gt", ["5"], {}, False),
        ("Lt", ["5"], {"k": "4"}, True),
        ("Lt", ["5"], {"k": "10"}, False),
    ],
)
def test_operators(operator, values, labels, expected):
    """Each operator decides as the API describes; absence satisfies only the negative ones."""
    assert make_requirement("k", operator, values).matches(labels) is expected


@pytest.mark.parametrize(
    ("key", "operator", "values", "message"),
    [
        ("", "Exists", [], "name part"),
        ("a b", "Exists", [], "name part"),
        ("-a", "Exists", [], "name part"),
        ("a" * 64, "Exists", [], "name part"),
        ("Example.com/a", "Exists", [], "prefix part"),
        ("/a", "Exists", [], "prefix part"),
        ("a/b/c", "Exists", [], "prefix part"),
        ("k", "In", [], "can't be empty"),
        ("k", "Exists", ["a"], "must be empty"),
        ("k", "Gt", ["a"], "must be an integer"),
        ("k", "Gt", ["1", "2"], "exactly one"),
        ("k", "In", ["a b"], "valid label"),
        ("k", "In", ["a" * 64], "valid label"),
        ("k", "Near", ["a"], "supported values"),
    ],
)
def test_malformed_requirements_are_refused(key, operator, values, message):
    """The message names the part that is wrong."""
    with pytest.raises(ValueError, match=message):
        make_requirement(key, operator, values)
