"""Cells that several tables share."""

from bouvier.kinds.columns import labels_text, selector_text


def test_labels_are_sorted():
    """The same labels always read the same."""
    assert labels_text({"b": "2", "a": "1"}) == "a=1,b=2"
    assert labels_text(None) == "<none>"


def test_selectors_read_as_kubectl_takes_them():
    """A selector can be copied from the table to the command line."""
    selector = {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "tier", "operator": "In", "values": ["b", "a"]},
            {"key": "old", "operator": "DoesNotExist"},
            {"key": "zone", "operator": "Exists"},
        ],
    }
    assert selector_text(selector) == "app=web,!old,tier in (a,b),zone"
    assert selector_text({}) == "<none>"
