from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.stacks.build import plan_of
from bouvier.stacks.compose.interpolation import escape
from bouvier.stacks.compose.loading import Source
from bouvier.stacks.export import COMPOSE_FILE, RANCHER_FILE, export

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12)
TEXTS = WORDS | st.sampled_from(
    ["yes", "0440", "1e3", "22:22", "a: b", "# c", "$X", "${Y:-z}", "a\nb\n", " x", "~", "-"]
)
SERVICE = st.fixed_dictionaries(
    {"image": st.sampled_from(["x", "reg:5000/y:1"])},
    optional={
        "command": st.lists(TEXTS, max_size=3),
        "environment": st.dictionaries(st.sampled_from("ABC"), TEXTS, max_size=3),
        "ports": st.lists(st.sampled_from(["80", "8080:80", "53:53/udp", 443]), max_size=2, unique=True),
        "volumes": st.lists(st.sampled_from(["./d:/d", "data:/x:ro", "/h:/h"]), max_size=3, unique=True),
        "tmpfs": st.sampled_from(["/run", ["/t:size=1m"]]),
        "restart": st.sampled_from(["always", "no", "on-failure:3"]),
        "deploy": st.fixed_dictionaries({"replicas": st.integers(0, 9)}),
        "healthcheck": st.fixed_dictionaries({"test": TEXTS.filter(bool), "interval": st.just("5s")}),
        "secrets": st.just(["key"]),
        "user": st.sampled_from(["1:2", 7]),
        "scale": st.integers(0, 3),
    },
)
RANCHER = st.fixed_dictionaries({}, optional={"scale": st.integers(0, 5), "metadata": st.dictionaries(WORDS, TEXTS)})


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(st.sampled_from(["web", "db", "log"]), SERVICE, min_size=1), RANCHER, TEXTS)
def test_what_is_exported_imports_to_the_same_objects(
    services: dict[str, Any], rancher: dict[str, Any], key: str
) -> None:
    """Whatever texts stand in the values: the files make the same stack, without anything beside them."""
    compose = escape({"services": services}) | {"secrets": {"key": {"file": "key.txt"}}}
    rancher_text = yaml.safe_dump(escape({"services": {next(iter(services)): rancher}}), allow_unicode=True)
    text = yaml.safe_dump(compose, allow_unicode=True)
    source = Source((text,), rancher_text, files={"key.txt": key}, base_folder="/srv")
    files = export(source)
    again = Source((files[COMPOSE_FILE],), files.get(RANCHER_FILE, ""))

    first, second = plan_of("s", source), plan_of("s", again)
    assert (second.services, second.others) == (first.services, first.others)


def test_variables_and_extensions_are_worked_in() -> None:
    """The exported file needs neither environment nor other files."""
    text = "services: {a: {extends: {file: b.yml, service: b}, env_file: v, command: 'echo $$X ${Y}'}}"
    files = {"b.yml": "services: {b: {image: 'x:${Y}'}}", "v": "K=1"}
    found = yaml.safe_load(export(Source((text,), environment={"Y": "2"}, files=files))[COMPOSE_FILE])
    assert found == {"services": {"a": {"image": "x:2", "command": "echo $$X 2", "environment": {"K": "1"}}}}
