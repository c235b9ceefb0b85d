"""How sets of indexes are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.controllers.jobs.indexes import parse, render


@pytest.mark.parametrize(("indexes", "text"), [([], ""), ([3], "3"), ([3, 4], "3,4"), ([1, 3, 4, 5, 7], "1,3-5,7")])
def test_the_form_is_that_of_the_status(indexes, text):
    """Two neighbours stand side by side, longer runs as a range."""
    assert render(indexes) == text


@given(st.sets(st.integers(0, 300)))
def test_reading_gives_back_what_was_written(indexes):
    """No set is lost in its text."""
    assert parse(render(indexes)) == indexes
