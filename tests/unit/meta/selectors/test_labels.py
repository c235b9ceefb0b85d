"""Label selectors as the watch path uses them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.meta.selectors import (
    EVERYTHING,
    NOTHING,
    LabelSelector,
    from_object,
    make_requirement,
    parse_label_selector,
)

KEYS = st.sampled_from(["app", "tier", "example.com/zone"])
VALUES = st.sampled_from(["", "a", "b", "c"])
LABELS = st.dictionaries(KEYS, VALUES)
REQUIREMENTS = st.one_of(
    st.builds(make_requirement, KEYS, st.sampled_from(["In", "NotIn"]), st.sets(VALUES, min_size=1)),
    st.builds(make_requirement, KEYS, st.sampled_from(["Exists", "DoesNotExist"])),
)
SELECTORS = st.lists(REQUIREMENTS, max_size=4).map(LabelSelector)


def test_missing_selector_selects_nothing_and_empty_one_everything():
    """Absence and emptiness of a selector object mean opposite things."""
    assert not from_object(None).matches({})
    assert from_object({}).matches({"a": "b"})
    assert EVERYTHING.empty
    assert not NOTHING.empty


def test_object_form_demands_labels_and_expressions_together():
    """matchLabels and matchExpressions must all hold."""
    selector = from_object(
        {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}]}
    )
    assert selector.matches({"app": "web", "tier": "a"})
    assert not selector.matches({"app": "web"})
    assert not selector.matches({"app": "db", "tier": "a"})
    assert str(selector) == "app=web,tier in (a,b)"


@pytest.mark.parametrize("operator", ["", "Gt", "=", "exists"])
def test_object_form_knows_four_operators(operator):
    """Other operators are refused by name."""
    with pytest.raises(ValueError, match="is not a valid label selector operator"):
        from_object({"matchExpressions": [{"key": "a", "operator": operator, "values": ["1"]}]})


def test_equalities_serve_as_an_index():
    """A selector of equalities alone says so and offers them as a mapping."""
    selector = parse_label_selector("app=web,tier=front")
    assert selector.is_equality
    assert selector.equalities == {"app": "web", "tier": "front"}
    assert not parse_label_selector("app=web,!old").is_equality
    assert not NOTHING.is_equality


def test_contradicting_equalities_match_nothing():
    """One label cannot have two values."""
    selector = parse_label_selector("app=a,app=b")
    assert not selector.is_equality
    assert not selector.matches({"app": "a"})
    assert not selector.matches({"app": "b"})


@given(SELECTORS, LABELS)
def test_a_selector_is_the_conjunction_of_its_requirements(selector, labels):
    """The fast path never decides otherwise than the requirements do."""
    assert selector.matches(labels) is all(requirement.matches(labels) for requirement in selector.requirements)


@given(SELECTORS)
def test_text_round_trip(selector):
    """A selector's text parses to an equal selector with an equal hash."""
    again = parse_label_selector(str(selector))
    assert again == selector
    assert hash(again) == hash(selector)


@given(st.lists(REQUIREMENTS, max_size=3), st.lists(REQUIREMENTS, max_size=3), LABELS)
def test_joining_selectors_demands_both(first, second, labels):
    """Requirements of two selectors together match what both match."""
    both = LabelSelector([*first, *second])
    assert both.matches(labels) is (LabelSelector(first).matches(labels) and LabelSelector(second).matches(labels))
