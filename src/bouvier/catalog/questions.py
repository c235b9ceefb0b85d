"""Questions that an entry asks before it is installed.

Rancher's compose templates keep answers as texts; charts put them into values at the path that `variable` names.
A question that `show_if` hides is neither asked nor required, and an answer to it is dropped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
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
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
"""What a boolean may be, in any case of letters."""


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
        condition = "" if shown_when is None else f"{entry['variable']}={text_of(shown_when)}"
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
        label=text_of(entry.get("label")),
        description=text_of(entry.get("description")),
        required=text_of(entry.get("required")).lower() in TRUE,
        default=text_of(entry.get("default")),
        options=tuple(map(text_of, options)),
        group=text_of(entry.get("group")),
        min=_number(entry, "min", where),
        max=_number(entry, "max", where),
        min_length=_length(entry, "min_length", where),
        max_length=_length(entry, "max_length", where),
        valid_chars=text_of(entry.get("valid_chars")),
        invalid_chars=text_of(entry.get("invalid_chars")),
        show_if="&&".join(part for part in (condition, own) if part),
    )


def text_of(value: Any) -> str:
    """Return a value of YAML or JSON as the text that an answer is."""
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
