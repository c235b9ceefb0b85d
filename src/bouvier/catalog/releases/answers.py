"""A spec's values against the questions of its package. Pure."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Collection, Sequence
from typing import Any

from bouvier.catalog.answering import AnswerError, check_answers, is_shown, problem_of, typed
from bouvier.catalog.entries import COMPOSE, Package
from bouvier.catalog.helm.values import value_at
from bouvier.catalog.questions import Question
from bouvier.catalog.releases.plan import Refused

TEMPLATE_ENDINGS = (".yml", ".yaml", ".tpl", ".env")
"""Files of a compose template that may mention a variable."""


def checked_values(package: Package, given: dict[str, Any], before: Collection[str] = ()) -> dict[str, Any]:
    """Return the values that the package is rendered with.

    Compose templates get texts, defaults filled in. Charts get what was given, with the types that their questions name
    (`--set tag=1` is a text where a text is asked for); what is not given has the chart's own default.
    An answer to a compose template that nothing asks for and no file mentions is refused, unless it is among `before`,
    the variables of the revision before: an older version may have asked for it.

    Raises:
        Refused: answers do not fit; every one is named.
    """
    try:
        if package.format == COMPOSE:
            return _compose_answers(package, given, before)
        return _chart_values(package.questions, given)
    except AnswerError as error:
        raise Refused("InvalidAnswers", error.errors) from None


def _compose_answers(package: Package, given: dict[str, Any], before: Collection[str]) -> dict[str, Any]:
    errors: list[str] = []
    answers: dict[str, Any] = {}
    try:
        answers = dict(check_answers(package.questions, given).given)
    except AnswerError as error:
        errors += error.errors
    asked = [question.variable for question in package.questions]
    texts = [content for path, content in package.files.items() if path.endswith(TEMPLATE_ENDINGS)]
    for name in sorted(set(given) - set(asked) - set(before)):
        if not any(name.encode() in text for text in texts):
            errors.append(f"{name}: nothing asks for it; {_suggestion(name, asked)}")
    if errors:
        raise AnswerError(errors)
    return answers


def _suggestion(name: str, asked: Sequence[str]) -> str:
    by_capitals = {one.upper(): one for one in asked}
    near = difflib.get_close_matches(name.upper(), by_capitals, n=1)
    if near:
        return f"did you mean {by_capitals[near[0]]}?"
    return f"the questions are {', '.join(asked)}" if asked else "this version has no questions"


def _chart_values(questions: Sequence[Question], given: dict[str, Any]) -> dict[str, Any]:
    values = copy.deepcopy(given)
    texts = {one.variable: _text_of(given, one) for one in questions}
    errors = []
    for question in questions:
        value = value_at(given, question.variable)
        if not is_shown(question.show_if, texts) or (value is None and not question.required):
            continue
        problem = problem_of(question, texts[question.variable])
        if problem:
            errors.append(f"{question.variable}: {problem}")
        elif isinstance(value, str | int | float):
            _put(values, question.variable, typed(question, texts[question.variable]))
    if errors:
        raise AnswerError(errors)
    return values


def _text_of(given: dict[str, Any], question: Question) -> str:
    value = value_at(given, question.variable)
    if value is None:
        return question.default
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _put(values: dict[str, Any], path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        values = values[folder]
    values[name] = value
