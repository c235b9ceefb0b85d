"""Answers against questions: what is missing, what does not fit, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from bouvier.catalog.documents.numbers import json_number
from bouvier.catalog.questions import FALSE, SECRET_TYPES, TRUE, Question, text_of

_NUMBER = re.compile(r"[-+]?[0-9]+")
_HOSTNAME = re.compile(r"(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class AnswerError(ValueError):
    """Answers do not fit; `errors` has one line for each, beginning with the variable."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


@dataclass(slots=True)
class Answers:
    """Answers that were checked."""

    given: dict[str, str] = field(default_factory=dict)
    """Every shown question's answer or default, and answers to what is not asked, by variable."""
    unknown: list[str] = field(default_factory=list)
    """Variables that no question asks for; they are passed on all the same."""


def check_answers(questions: Iterable[Question], answers: Mapping[str, Any]) -> Answers:
    """Return the answers with defaults filled in.

    Raises:
        AnswerError: some do not fit, or are missing; every finding is named.
    """
    asked = list(questions)
    texts = {question.variable: question.default for question in asked}
    texts |= {variable: text_of(value) for variable, value in answers.items()}
    checked = Answers()
    errors: list[str] = []
    for question in asked:
        if not is_shown(question.show_if, texts):
            continue
        value = texts[question.variable]
        problem = problem_of(question, value)
        if problem:
            errors.append(f"{question.variable}: {problem}")
        checked.given[question.variable] = value
    known = {question.variable for question in asked}
    checked.unknown = sorted(set(answers) - known)
    checked.given |= {variable: texts[variable] for variable in checked.unknown}
    if errors:
        raise AnswerError(errors)
    return checked


def is_shown(condition: str, answers: Mapping[str, str]) -> bool:
    """Tell whether a condition such as `a=true&&b!=x||c=1` holds; an empty one does."""
    if not condition:
        return True
    return any(all(_holds(term, answers) for term in side.split("&&")) for side in condition.split("||"))


def _holds(term: str, answers: Mapping[str, str]) -> bool:
    name, sign, wanted = re.match(r"\s*([^=!]*?)\s*(!=|==?|$)\s*(.*?)\s*$", term, re.DOTALL).groups()  # type: ignore[union-attr]
    value = answers.get(name, "")
    if not sign:
        return value.lower() in TRUE
    return (value == wanted.strip("'\"")) == (sign != "!=")


def problem_of(question: Question, value: str) -> str:
    """Return why an answer does not fit its question, empty when it does."""
    if value == "":
        return "an answer is needed" if question.required else ""
    checks = {"int": _int_problem, "float": _float_problem, "boolean": _boolean_problem, "enum": _enum_problem}
    checks |= {"date": _date_problem, "hostname": _hostname_problem}
    problem = checks[question.type](question, value) if question.type in checks else ""
    return problem or _text_problem(question, value)


def _int_problem(question: Question, value: str) -> str:
    return (
        _range_problem(question, float(value))
        if _NUMBER.fullmatch(value)
        else f"expected a whole number, got {value!r}"
    )


def _float_problem(question: Question, value: str) -> str:
    try:
        return _range_problem(question, float(value))
    except ValueError:
        return f"expected a number, got {value!r}"


def _range_problem(question: Question, value: float) -> str:
    if question.min is not None and value < question.min:
        return f"must be at least {json_number(question.min)}, got {json_number(value)}"
    if question.max is not None and value > question.max:
        return f"must be at most {json_number(question.max)}, got {json_number(value)}"
    return ""


def _boolean_problem(_question: Question, value: str) -> str:
    return "" if value.lower() in TRUE + FALSE else f"expected true or false, got {value!r}"


def _enum_problem(question: Question, value: str) -> str:
    if value in question.options:
        return ""
    return f"expected one of {', '.join(one or 'nothing' for one in question.options)}, got {value!r}"


def _date_problem(_question: Question, value: str) -> str:
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return f"expected a date such as 2026-01-31, got {value!r}"
    return ""


def _hostname_problem(_question: Question, value: str) -> str:
    return "" if _HOSTNAME.fullmatch(value) else f"expected a host name such as shop.example.org, got {value!r}"


def _text_problem(question: Question, value: str) -> str:
    shown = "it" if question.type in SECRET_TYPES else repr(value)
    if question.min_length is not None and len(value) < question.min_length:
        return f"must have at least {question.min_length} characters"
    if question.max_length is not None and len(value) > question.max_length:
        return f"must have at most {question.max_length} characters"
    if question.valid_chars and any(sign not in _signs(question.valid_chars) for sign in value):
        return f"{shown} has characters other than {question.valid_chars}"
    wrong = [sign for sign in value if question.invalid_chars and sign in _signs(question.invalid_chars)]
    return f"{shown} has the character {wrong[0]!r}, which is not allowed" if wrong else ""


def _signs(text: str) -> frozenset[str]:
    """Return the characters of a set such as `a-z0-9_-`."""
    found: set[str] = set()
    for match in re.finditer(r"(.)-(.)|(.)", text, re.DOTALL):
        if match[3]:
            found.add(match[3])
        elif match[1] <= match[2]:
            found |= {chr(code) for code in range(ord(match[1]), ord(match[2]) + 1)}
        else:
            found |= {match[1], "-", match[2]}
    return frozenset(found)


def typed(question: Question, value: str) -> Any:
    """Return an answer as charts want it: numbers and booleans as such."""
    if question.type == "int" and _NUMBER.fullmatch(value):
        return int(value)
    if question.type == "float" and value:
        return float(value)
    return value.lower() in TRUE if question.type == "boolean" else value
