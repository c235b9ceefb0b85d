"""What can go wrong with an expression: when it is compiled, and when it is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class EvaluationError(Exception):
    """The expression has no value for this input: a missing key, an overflow, an unknown overload."""

    cost = 0
    """What was spent before."""


class CostLimitError(Exception):
    """The evaluation was given up because it costs more than allowed; nothing inside an expression absorbs it."""

    def __init__(self) -> None:
        super().__init__("operation cancelled: actual cost limit exceeded")


class Issue(NamedTuple):
    """One thing that is wrong with the text."""

    at: int
    """Offset in the source."""
    message: str


class CompileError(Exception):
    """The text is not an expression of the environment."""

    def __init__(self, source: str, issues: Sequence[Issue]) -> None:
        super().__init__("\n".join(_shown(source, issue) for issue in issues))
        self.issues = tuple(issues)


def _shown(source: str, issue: Issue) -> str:
    """Return an issue with its line of the source and a mark below it, as CEL's own tools write it."""
    at = min(issue.at, len(source))
    line = source.count("\n", 0, at)
    start = source.rfind("\n", 0, at) + 1
    column = at - start
    text = source.split("\n")[line].replace("\t", " ")
    return f"ERROR: <input>:{line + 1}:{column + 1}: {issue.message}\n | {text}\n | {'.' * column}^"


def no_overload() -> EvaluationError:
    """Return the error for a call whose arguments have no matching function."""
    return EvaluationError("no such overload")
