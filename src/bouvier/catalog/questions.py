"""Questions that an entry asks before it is installed, and the checking of answers.

Rancher's compose templates keep answers as texts; charts put them into values at the path that `variable` names.
A question that `show_if` hides is neither asked nor required, and an answer to it is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from bouvier.catalog.documents.numbers import json_number

TYPES = (
    "string",
    "int",
    "float",
    "boolean",
    "enum",
    "multiline",
    "password",
    "masked",
    "secret",
    "certificate",
    "service",
    "date",
    "hostname",
    "storageclass",
    "pvc",
)
SECRET_TYPES = ("password", "masked")
"""Answers that are never shown."""
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_NUMBER = re.compile(r"[-+]?[0-9]+")
_HOSTNAME = re.compile(r"(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class AnswerError(ValueError):
    """Answers do not fit; `errors` has one line for each, beginning with the variable."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


class QuestionError(ValueError):
    """A question is malformed; the text names it and the field."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Types that are not known are asked as texts."""

    variable: str
    type: str = "string"
    label: str = ""
    description: str = ""
    required: bool = False
    default: str = ""
    options: tuple[str, ...] = ()
    group: str = ""
    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    valid_chars: str = ""
    invalid_chars: str = ""
    show_if: str = ""

    def described(self) -> dict[str, Any]:
        """Return the question as JSON for the API, without what is not set."""
        names = {"min_length": "minLength", "max_length": "maxLength", "show_if": "showIf"}
        names |= {"valid_chars": "validChars", "invalid_chars": "invalidChars"}
        made = {
            names.get(name, name): value
            for name, value in asdict(self).items()
            if value is not None and value is not False and value not in ("", ())
        }
        return made | ({"options": list(self.options)} if self.options else {})


def question_of(described: Mapping[str, Any]) -> Question:
    """Return the question that `described` wrote."""
    names = {"minLength": "min_length", "maxLength": "max_length", "showIf": "show_if"}
    names |= {"validChars": "valid_chars", "invalidChars": "invalid_chars"}
    fields = {names.get(name, name): value for name, value in described.items()}
    return Question(**(fields | {"options": tuple(fields.get("options") or ())}))


def read_questions(found: Any, where: str) -> list[Question]:
    """Return the questions of a list as YAML has it; subquestions follow the question that they belong to.

    Raises:
        QuestionError: one is malformed.
    """
    if found is None:
        return []
    if not isinstance(found, list):
        raise QuestionError(f"{where}: questions: expected a list")
    questions: list[Question] = []
    for index, entry in enumerate(found):
        here = f"{where}: questions[{index}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("variable"), str) or not entry["variable"]:
            raise QuestionError(f"{here}: variable: a name is needed")
        questions.append(_question(entry, here, ""))
        shown_when = entry.get("show_subquestion_if")
        condition = "" if shown_when is None else f"{entry['variable']}={_text(shown_when)}"
        inner = [one for one in entry.get("subquestions") or () if isinstance(one, dict) and one.get("variable")]
        questions += [_question(one, here, condition) for one in inner]
    return questions


def _question(entry: dict[str, Any], where: str, condition: str) -> Question:
    kind = str(entry.get("type") or "string").lower()
    kind = {"bool": "boolean", "integer": "int", "text": "string"}.get(kind, kind)
    options = entry.get("options") or ()
    if kind == "enum" and (not isinstance(options, list) or not options):
        raise QuestionError(f"{where}: options: an enum needs a list of options")
    own = str(entry.get("show_if") or "")
    return Question(
        variable=entry["variable"],
        type=kind,
        label=_text(entry.get("label")),
        description=_text(entry.get("description")),
        required=_text(entry.get("required")).lower() in _TRUE,
        default=_text(entry.get("default")),
        options=tuple(map(_text, options)),
        group=_text(entry.get("group")),
        min=_number(entry, "min", where),
        max=_number(entry, "max", where),
        min_length=_length(entry, "min_length", where),
        max_length=_length(entry, "max_length", where),
        valid_chars=_text(entry.get("valid_chars")),
        invalid_chars=_text(entry.get("invalid_chars")),
        show_if="&&".join(part for part in (condition, own) if part),
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return json_number(value)
    return "" if value is None else str(value)


def _number(entry: dict[str, Any], name: str, where: str) -> float | None:
    value = entry.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise QuestionError(f"{where}: {name}: expected a number, got {value!r}") from None


def _length(entry: dict[str, Any], name: str, where: str) -> int | None:
    value = _number(entry, name, where)
    return None if value is None else int(value)


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
    texts |= {variable: _text(value) for variable, value in answers.items()}
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
        return value.lower() in _TRUE
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
    return "" if value.lower() in _TRUE + _FALSE else f"expected true or false, got {value!r}"


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
    return value.lower() in _TRUE if question.type == "boolean" else value
