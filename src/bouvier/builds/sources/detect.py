"""What a source is made with, by the files that it holds. Pure.

Source: OpenShift "Creating applications by using the CLI", strategy and language detection.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

BUILDER_IMAGES = {"python": "bouvier/s2i-python:3.11", "nodejs": "bouvier/s2i-nodejs:18"}
SOURCE_PORT = 8080
"""Port on which applications of the builder images listen, given to them as PORT."""
_MARKS = (
    ("nodejs", ("package.json", "app.json")),
    ("python", ("requirements.txt", "pyproject.toml", "setup.py", "Pipfile")),
)
_NO_BUILDER = {
    "pom.xml": "Java",
    "build.gradle": "Java",
    "Gemfile": "Ruby",
    "composer.json": "PHP",
    "index.php": "PHP",
    "go.mod": "Go",
    "main.go": "Go",
    "Cargo.toml": "Rust",
    "build.sbt": "Scala",
}


class Detected(NamedTuple):
    """How to build a source."""

    strategy: str
    """`Docker` or `Source`."""
    language: str
    image: str
    """Builder image; empty for a Dockerfile."""


def detect(files: Container[str], strategy: str = "") -> Detected:
    """Return how a source is built; `strategy` decides when it has both a Dockerfile and a language.

    Raises:
        ValueError: nothing that can be built is in it; the text says what to add.
    """
    if "Dockerfile" in files and strategy != "source":
        return Detected("Docker", "docker", "")
    if strategy == "docker":
        raise ValueError("the source has no Dockerfile: add one, or leave out --strategy")
    for language, marks in _MARKS:
        if any(mark in files for mark in marks):
            return Detected("Source", language, BUILDER_IMAGES[language])
    for mark, language in _NO_BUILDER.items():
        if mark in files:
            raise ValueError(f"there is no builder for {language} ({mark}): add a Dockerfile to the source")
    raise ValueError(
        "nothing in the source says how to build it: add a Dockerfile, requirements.txt, pyproject.toml or"
        " package.json, or name the folder that has one by --context-dir"
    )
