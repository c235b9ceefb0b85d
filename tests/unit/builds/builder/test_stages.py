"""Times of stages and steps."""

from datetime import UTC, datetime, timedelta

import pytest

from bouvier.builds.builder.stages import DOCKER_BUILD, FETCH, Stages


def test_a_stage_is_the_sum_of_its_steps() -> None:
    """Also when a step fails: what it took is known."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    moments = iter([now + timedelta(milliseconds=n) for n in (0, 250, 1000, 3000, 3000, 4000)])
    stages = Stages(lambda: next(moments))
    with stages.step(FETCH):
        assert stages.current == "FetchInputs"
    with stages.step(DOCKER_BUILD):
        pass
    with pytest.raises(ValueError, match="no"), stages.step(DOCKER_BUILD):
        raise ValueError("no")
    document = stages.document()
    assert [(one["name"], one["durationMilliseconds"]) for one in document] == [("FetchInputs", 250), ("Build", 3000)]
    assert [step["durationMilliseconds"] for step in document[1]["steps"]] == [2000, 1000]
    assert document[0]["startTime"] == "2026-01-01T00:00:00Z"
