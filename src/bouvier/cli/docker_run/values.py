"""The values that options of `docker run` take, read strictly: a value that is not understood is refused by name.

Source: Docker CLI reference, `docker container run`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgtp]?)(?:i?b)?", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")
_UNIT_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_IMAGE = re.compile(
    r"(?=.{1,512}$)[a-z0-9]([a-z0-9._/-]*[a-z0-9])?(:\d+/[a-z0-9._/-]+)?(:[\w][\w.-]{0,127})?(@[a-z0-9]+:[0-9a-f]{32,})?"
)


class Publish(NamedTuple):
    """One published port."""

    container: int
    host: int = 0
    """0 leaves the choice to the platform."""
    address: str = ""
    protocol: str = "TCP"


def size_bytes(option: str, text: str) -> int:
    """Return the bytes of a docker size: `512m`, `1.5g`, `1048576`.

    Raises:
        ValueError: the text has another form.
    """
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{option} {text}: expected a size such as 512m or 2g")
    power = "bkmgtp".index(found[2].lower() or "b")
    return int(float(found[1]) * 1024**power)


def quantity_of(size: int) -> str:
    """Return bytes as the shortest exact quantity of Kubernetes: `512Mi`."""
    for power, unit in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


def duration_seconds(option: str, text: str) -> float:
    """Return the seconds of a Go duration: `1m30s`, `500ms`.

    Raises:
        ValueError: the text has another form.
    """
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{option} {text}: expected a duration such as 30s or 1m30s")
    return sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)


def cpu_quantity(option: str, text: str) -> str:
    """Return a number of processors as a quantity: `1.5` is `1500m`.

    Raises:
        ValueError: the text is no positive number.
    """
    try:
        millis = round(float(text) * 1000)
    except ValueError:
        millis = 0
    if millis <= 0:
        raise ValueError(f"{option} {text}: expected a number of processors such as 0.5")
    return str(millis // 1000) if millis % 1000 == 0 else f"{millis}m"


def parse_publish(text: str) -> list[Publish]:
    """Return the ports of `[[ADDRESS:][HOST]:]CONTAINER[/PROTOCOL]`, ranges included.

    Raises:
        ValueError: the text has another form.
    """
    ports, _, protocol = text.partition("/")
    protocol = (protocol or "tcp").upper()
    address, host, container = ([""] * 2 + ports.rsplit(":", 2))[-3:]
    try:
        inside, outside = port_range(container), port_range(host) if host else []
    except ValueError:
        inside, outside = [], []
    known = protocol in ("TCP", "UDP", "SCTP")
    if not inside or not known or (host and len(outside) != len(inside)):
        raise ValueError(f"--publish {text}: expected [[ADDRESS:]HOST_PORT:]CONTAINER_PORT[/tcp|udp], such as 8080:80")
    pairs = zip(inside, outside or [0] * len(inside), strict=True)
    return [Publish(inner, outer, address.strip("[]"), protocol) for inner, outer in pairs]


def port_range(text: str) -> list[int]:
    """Return the ports that `80` or `8000-8003` names.

    Raises:
        ValueError: the text is no port or range.
    """
    first, _, last = text.partition("-")
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers[0] < 1 or numbers[-1] > 65535:
        raise ValueError(f"{text}: ports go from 1 to 65535")
    return list(numbers)


def parse_pairs(option: str, texts: Iterable[str]) -> dict[str, str]:
    """Return the names and values of `NAME=VALUE` texts; a name alone has an empty value.

    Raises:
        ValueError: a text without a name.
    """
    pairs = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not name:
            raise ValueError(f"{option} {text}: expected NAME=VALUE")
        pairs[name] = value
    return pairs


def parse_environment(texts: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `-e` texts; a name alone takes the caller's value, or is left out without one.

    Raises:
        ValueError: a text without a name.
    """
    variables = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name:
            raise ValueError(f"--env {text}: expected NAME=VALUE")
        if equals:
            variables[name] = value
        elif name in environ:
            variables[name] = environ[name]
    return variables


def read_lines(option: str, path: str) -> list[str]:
    """Return the meaningful lines of an environment or label file.

    Raises:
        ValueError: the file cannot be read.
    """
    try:
        lines = Path(path).read_text().splitlines()
    except OSError as error:
        raise ValueError(f"{option} {path}: {error.strerror}") from None
    return [line.lstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]


def parse_mount(text: str) -> dict[str, str]:
    """Return the keys of a `--mount` text, aliases unified: type, source, target, readonly and so on.

    Raises:
        ValueError: no target, or a key that is not understood.
    """
    aliases = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
    known = {"type", "source", "target", "readonly", "tmpfs-size", "tmpfs-mode", "bind-propagation", "volume-nocopy"}
    keys: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        name = aliases.get(name.strip(), name.strip())
        if name not in known:
            raise ValueError(f"--mount {text}: {name} is not understood; known: {', '.join(sorted(known))}")
        keys[name] = value if equals else "true"
    if not keys.get("target", "").startswith("/"):
        raise ValueError(f"--mount {text}: target=/PATH is needed")
    return keys


def parse_user(text: str) -> tuple[int, int | None]:
    """Return user and group number of `USER[:GROUP]`; only `root` is known by name.

    Raises:
        ValueError: a name that only the image could resolve.
    """
    user, _, group = text.partition(":")
    numbers = {"root": 0}
    try:
        return numbers.get(user, -1) if user in numbers else int(user), _group(group)
    except ValueError:
        raise ValueError(f"--user {text}: Kubernetes takes numbers; find them with: id -u USER, id -g USER") from None


def _group(text: str) -> int | None:
    if not text:
        return None
    return 0 if text == "root" else int(text)


def parse_entrypoint(text: str) -> list[str]:
    """Return the program that `--entrypoint` names; docker takes it as one word."""
    return [text] if text else []


def shell_words(text: str) -> list[str]:
    """Return the command that runs `text` as docker's health checks do."""
    return ["/bin/sh", "-c", text]


def check_image(text: str) -> str:
    """Return an image reference that has a possible form.

    Raises:
        ValueError: it could not be one.
    """
    if not _IMAGE.fullmatch(text):
        raise ValueError(f"{text!r} is no image: expected [REGISTRY/]NAME[:TAG], in lower case{_hint(text)}")
    return text


def _hint(text: str) -> str:
    return f", such as {shlex.quote(text.lower())}" if text != text.lower() else ""
