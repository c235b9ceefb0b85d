"""Stages and steps of a Build with their times, in the form of `status.stages`.

Names are OpenShift's. Times come from a clock that is passed in, so the document is plain arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

FETCH = ("FetchInputs", "FetchGitSource")
PULL = ("PullImages", "PullBaseImage")
DOCKER_BUILD = ("Build", "DockerBuild")
ASSEMBLE = ("Build", "AssembleBuildScripts")
POST_COMMIT = ("PostCommit", "RunPostCommitHook")
PUSH = ("PushImage", "PushDockerImage")


class Stages:
    """What was done so far, and what is being done."""

    def __init__(self, clock: Callable[[], datetime], on_change: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_change = on_change
        self._stages: list[dict[str, Any]] = []
        self.current = ""
        """Name of the stage that is being worked on."""

    @contextmanager
    def step(self, names: tuple[str, str]) -> Iterator[None]:
        """Time a step; its stage is opened with the first one of it."""
        stage_name, step_name = names
        began = self._clock()
        self.current = stage_name
        self._on_change()
        try:
            yield
        finally:
            self._note(stage_name, step_name, began, self._clock())
            self.current = ""

    def _note(self, stage_name: str, step_name: str, began: datetime, ended: datetime) -> None:
        stage = next((one for one in self._stages if one["name"] == stage_name), None)
        if stage is None:
            stage = {"name": stage_name, "startTime": _text(began), "durationMilliseconds": 0, "steps": []}
            self._stages.append(stage)
        took = round((ended - began).total_seconds() * 1000)
        stage["steps"].append({"name": step_name, "startTime": _text(began), "durationMilliseconds": took})
        stage["durationMilliseconds"] += took

    def document(self) -> list[dict[str, Any]]:
        """Return the finished stages."""
        return [{**stage, "steps": list(stage["steps"])} for stage in self._stages]


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
