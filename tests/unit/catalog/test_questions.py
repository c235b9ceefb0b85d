"""Questions of catalogs, and the checking of answers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouvier.catalog.answering import AnswerError, check_answers, is_shown, problem_of, typed
from bouvier.catalog.questions import Question, QuestionError, question_of, read_questions


@pytest.mark.parametrize(
    ("question", "value", "problem"),
    [
        ({"type": "int", "min": 1, "max": 5}, "0", "must be at least 1, got 0"),
        ({"type": "int", "min": 1, "max": 5}, "6", "must be at most 5, got 6"),
        ({"type": "int", "min": 1, "max": 5}, "5", ""),
        ({"type": "int"}, "1.5", "expected a whole number, got '1.5'"),
        ({"type": "float", "max": 0.5}, "0.75", "must be at most 0.5, got 0.75"),
        ({"type": "float"}, "a lot", "expected a number, got 'a lot'"),
        ({"type": "boolean"}, "yes", ""),
        ({"type": "boolean"}, "2", "expected true or false, got '2'"),
        ({"type": "enum", "options": ("red", "blue")}, "green", "expected one of red, blue, got 'green'"),
        ({"type": "date"}, "2026-02-30", "expected a date such as 2026-01-31, got '2026-02-30'"),
        ({"type": "hostname"}, "-a.example", "expected a host name such as shop.example.org, got '-a.example'"),
        ({"type": "hostname"}, "*.a.example", ""),
        ({"type": "password", "min_length": 8}, "secret", "must have at least 8 characters"),
        ({"type": "password", "invalid_chars": "s"}, "secret", "it has the character 's', which is not allowed"),
        ({"max_length": 3}, "four", "must have at most 3 characters"),
        ({"valid_chars": "a-z_"}, "No", "'No' has characters other than a-z_"),
        ({"required": True}, "", "an answer is needed"),
        ({"type": "int", "min": 1}, "", ""),
        ({"type": "unheard-of"}, "anything", ""),
    ],
)
def test_an_answer_fits_or_is_told_why_not(question: dict[str, Any], value: str, problem: str) -> None:
    """What is allowed stands in the message; passwords do not."""
    assert problem_of(Question("x", **question), value) == problem


def test_questions_of_a_file() -> None:
    """Other spellings of types, numbers as defaults, subquestions under their condition."""
    found = read_questions(
        [
            {"variable": "a", "type": "Bool", "default": True},
            {"variable": "b", "type": "integer", "default": 3.0, "min": "1"},
            {
                "variable": "kind",
                "type": "enum",
                "options": ["x", 2],
                "show_subquestion_if": "x",
                "subquestions": [{"variable": "inner", "show_if": "a=true"}],
            },
        ],
        "here",
    )
    assert [(one.variable, one.type, one.default) for one in found] == [
        ("a", "boolean", "true"),
        ("b", "int", "3"),
        ("kind", "enum", ""),
        ("inner", "string", ""),
    ]
    assert found[2].options == ("x", "2")
    assert found[3].show_if == "kind=x&&a=true"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"a": 1}, "here: questions: expected a list"),
        ([{"label": "A"}], r"here: questions\[0\]: variable: a name is needed"),
        ([{"variable": "a", "type": "enum"}], "options: an enum needs a list of options"),
        ([{"variable": "a", "min": "few"}], "min: expected a number, got 'few'"),
    ],
)
def test_a_malformed_question_is_named(found: Any, said: str) -> None:
    """With its place in the list, and the field."""
    with pytest.raises(QuestionError, match=said):
        read_questions(found, "here")


@pytest.mark.parametrize(
    ("condition", "holds"),
    [("a=x", True), ("a=y", False), ("a!=y", True), ("on", True), ("a=x&&b=1", False), ("b=1||a=x", True), ("", True)],
)
def test_conditions(condition: str, holds: bool) -> None:
    """Equal, unequal, set, and their combinations."""
    assert is_shown(condition, {"a": "x", "on": "true"}) is holds


def test_what_is_not_asked_is_neither_needed_nor_passed_on() -> None:
    """A hidden question's answer is dropped; unknown ones are kept and named."""
    questions = [Question("tls", type="boolean", default="false"), Question("cert", required=True, show_if="tls=true")]
    answers = check_answers(questions, {"cert": "x", "other": 1})
    assert answers.given == {"tls": "false", "other": "1"}
    assert answers.unknown == ["other"]
    with pytest.raises(AnswerError, match="cert: an answer is needed"):
        check_answers(questions, {"tls": True})


def test_answers_get_the_types_of_their_questions() -> None:
    """Charts want numbers and booleans, and texts that look like them as texts."""
    assert typed(Question("a", type="int"), "3") == 3
    assert typed(Question("a", type="boolean"), "yes") is True
    assert typed(Question("a", type="enum"), "3") == "3"


TEXTS = st.text("abcXYZ019 _-", max_size=8)
QUESTIONS = st.builds(
    Question,
    variable=st.text("abc", min_size=1, max_size=5),
    type=st.sampled_from(["string", "int", "enum", "password"]),
    label=TEXTS,
    required=st.booleans(),
    default=TEXTS,
    options=st.lists(TEXTS, max_size=3).map(tuple),
    min=st.none() | st.integers(-5, 5).map(float),
    max_length=st.none() | st.integers(0, 9),
    valid_chars=TEXTS,
    show_if=TEXTS,
)


@given(question=QUESTIONS)
def test_a_question_survives_its_object(question: Question) -> None:
    """What is written into a CatalogEntry is read back the same."""
    assert question_of(question.described()) == question
