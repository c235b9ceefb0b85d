"""What a build asks of a Dockerfile: another image to start from, more environment, the ports that it names. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

_FROM = re.compile(r"^(?P<head>\s*FROM\s+(?:--\S+\s+)*)(?P<image>\S+)(?P<rest>.*)$", re.IGNORECASE)
_EXPOSE = re.compile(r"^\s*EXPOSE\s+(?P<ports>.+)$", re.IGNORECASE)


def adapted(text: str, image: str, environment: Mapping[str, str]) -> str:
    """Return a Dockerfile whose last stage starts from `image` (if given) and sets the environment first."""
    lines = text.splitlines()
    last = max((number for number, line in enumerate(lines) if _FROM.match(line)), default=-1)
    if last < 0:
        return text
    found = _FROM.match(lines[last])
    assert found is not None
    if image:
        lines[last] = f"{found['head']}{image}{found['rest']}"
    lines[last + 1 : last + 1] = [f"ENV {name}={quoted(value)}" for name, value in environment.items()]
    return "\n".join(lines) + "\n"


def ports_of(text: str) -> list[int]:
    """Return the TCP ports that a Dockerfile exposes."""
    ports = []
    for line in text.splitlines():
        found = _EXPOSE.match(line)
        for word in found["ports"].split() if found else ():
            number, _, protocol = word.partition("/")
            if number.isdigit() and protocol in ("", "tcp"):
                ports.append(int(number))
    return ports


def quoted(value: str) -> str:
    """Return a value as one word of a Dockerfile, with nothing in it expanded."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("\n", "\\n")
    return f'"{escaped}"'


def origins(text: str) -> list[str]:
    """Return the images that stages start from, without the names of earlier stages and what is only an argument."""
    names: set[str] = {"scratch"}
    images = []
    for line in text.splitlines():
        found = _FROM.match(line)
        if not found:
            continue
        if found["image"].lower() not in names and "$" not in found["image"]:
            images.append(found["image"])
        words = found["rest"].split()
        if len(words) > 1 and words[0].lower() == "as":
            names.add(words[1].lower())
    return images
