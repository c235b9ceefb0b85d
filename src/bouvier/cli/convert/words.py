"""A `docker run` command as options by name, and back."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field

from bouvier.kinds.podspec.runoptions.option import Form, Option
from bouvier.kinds.podspec.runoptions.table import BY_SHORT, OPTIONS

_BEGINNINGS = (("docker", "container", "run"), ("docker", "run"), ("bouvier", "run"))
_TRUTH = {"true": True, "1": True, "t": True, "false": False, "0": False, "f": False}


@dataclass(slots=True)
class Asked:
    """What one run asks for."""

    image: str
    command: list[str] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)
    """Option → texts as typed; one text but for options that may be repeated; a flag is `true` or `false`."""


def from_words(text: str) -> Asked:
    """Read a command line.

    Raises:
        ValueError: an option that docker does not have, or no image; the text names it.
    """
    words = shlex.split(text.replace("\\\n", " "), comments=True)
    for beginning in _BEGINNINGS:
        if tuple(words[: len(beginning)]) == beginning:
            words = words[len(beginning) :]
            break
    options: dict[str, list[str]] = {}
    while words and words[0].startswith("-") and words[0] != "-":
        word = words.pop(0)
        if word == "--":
            break
        for option, value in _long(word, words) if word.startswith("--") else _short(word, words):
            _add(options, option, value)
    if not words:
        raise ValueError("there is no image in this command: docker run [OPTIONS] IMAGE [COMMAND]")
    return Asked(words[0], words[1:], options)


def _add(options: dict[str, list[str]], option: Option, value: str) -> None:
    if option.form is Form.MANY:
        options.setdefault(option.name, []).append(value)
        return
    if option.form is Form.NUMBER and not value.removeprefix("-").isdecimal():
        raise ValueError(f"--{option.name} {value}: expected a whole number")
    if option.form is Form.FLAG:
        if value.lower() not in _TRUTH:
            raise ValueError(f"--{option.name}={value}: expected true or false")
        value = "true" if _TRUTH[value.lower()] else "false"
    options[option.name] = [value]


def _long(word: str, rest: list[str]) -> Iterator[tuple[Option, str]]:
    name, equals, value = word[2:].partition("=")
    name = {"net": "network", "net-alias": "network-alias"}.get(name, name)
    option = OPTIONS.get(name)
    if option is None:
        raise ValueError(f"--{name} is no option of docker run")
    yield option, value if equals else _value(option, f"--{name}", rest)


def _short(word: str, rest: list[str]) -> Iterator[tuple[Option, str]]:
    letters = word[1:]
    while letters:
        option = BY_SHORT.get(letters[0])
        if option is None:
            raise ValueError(f"-{letters[0]} is no option of docker run")
        letters = letters[1:]
        if option.form is Form.FLAG:
            yield option, "true"
            continue
        yield option, letters.removeprefix("=") or _value(option, f"-{option.short}", rest)
        return


def _value(option: Option, shown: str, rest: list[str]) -> str:
    if option.form is Form.FLAG:
        return "true"
    if not rest:
        raise ValueError(f"{shown} needs a value")
    return rest.pop(0)


def to_words(asked: Asked) -> str:
    """Return the command line."""
    words = ["docker", "run"]
    for name, texts in sorted(asked.options.items()):
        for text in texts:
            is_set = OPTIONS[name].form is Form.FLAG and text == "true"
            words += [f"--{name}"] if is_set else [f"--{name}={text}"]
    if asked.image.startswith("-"):
        words.append("--")
    return shlex.join([*words, asked.image, *asked.command])
