"""A template can neither halt nor fill its host, and its mistakes are named with their place."""

import pytest

from bouvier.catalog.gotemplate import Limits, TemplateError, TemplateSet
from bouvier.catalog.sprig.table import FUNCTIONS


def run(text: str, limits: Limits | None = None) -> str:
    templates = TemplateSet(FUNCTIONS, limits)
    templates.add("t", text)
    return templates.execute("t", {"list": [1, 2]})


@pytest.mark.parametrize(
    "text",
    [
        '{{ define "x" }}{{ include "x" . }}{{ end }}{{ include "x" . }}',
        '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
        "{{ range until 100000 }}{{ range until 100000 }}{{ end }}{{ end }}",
        '{{ repeat 1000000000 "x" }}',
        "{{ until 1000000000 }}",
        '{{ $x := "x" }}{{ range until 60 }}{{ $x = print $x $x }}{{ end }}',
        '{{ printf "%1000000000d" 1 }}',
    ],
)
def test_no_template_goes_on_for_ever(text: str) -> None:
    """Recursion, loops and texts that double are ended."""
    with pytest.raises(TemplateError):
        run(text, Limits(steps=50_000, output_characters=100_000, depth=50, value_characters=100_000, items=100_000))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a\n  {{ nosuch . }}", "t:2:6: function nosuch is not defined"),
        ("{{ if . }}", "t:1:4: a block is not closed by"),
        ('{{ fail "not so" }}', "t:1:4: .*not so"),
        ('{{ include "absent" . }}', "t:1:4: .*absent"),
        ("{{ .list.x }}", "t:1:"),
        ('{{ required "host is needed" .host }}', "host is needed"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, said: str) -> None:
    """Template, line, column, and what is wrong."""
    with pytest.raises(TemplateError, match=said):
        run(text)
