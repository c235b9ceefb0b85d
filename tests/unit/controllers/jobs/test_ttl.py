"""How long a finished Job is kept."""

import pytest

from bouvier.controllers.jobs.ttl import seconds_to_live
from tests.unit.controllers.making import NOW, ago, job


def finished(seconds, **spec):
    condition = {"type": "Failed", "status": "True", "lastTransitionTime": ago(seconds)}
    return job(**spec) | {"status": {"conditions": [condition]}}


@pytest.mark.parametrize(("ended", "left"), [(10, 20), (30, 0), (99, 0)])
def test_the_time_counts_from_the_last_condition(ended, left):
    """A failed job lives as long as one that succeeded."""
    assert seconds_to_live(finished(ended, ttlSecondsAfterFinished=30), NOW) == left


def test_others_are_kept():
    """A job without time to live, or that still runs, stays."""
    assert seconds_to_live(finished(10), NOW) is None
    assert seconds_to_live(job(ttlSecondsAfterFinished=0), NOW) is None
