"""One service of a Compose file, and back.

Options without a key of Compose stand under `x-docker-run`, which Compose tools pass over. Only what a service says of
its one container is read; a whole file with its networks and dependencies is a stack.
Source: Compose Specification, services.
"""

from __future__ import annotations

import shlex
from typing import Any

import yaml

from bouvier.cli.convert.words import Asked
from bouvier.kinds.podspec.runoptions.option import Form
from bouvier.kinds.podspec.runoptions.table import COMPOSE_KEYS, OPTIONS

EXTRA = "x-docker-run"
_HEALTH = {
    "test": "health-cmd",
    "interval": "health-interval",
    "timeout": "health-timeout",
    "retries": "health-retries",
    "start_period": "health-start-period",
    "start_interval": "health-start-interval",
    "disable": "no-healthcheck",
}


def from_compose(text: str) -> Asked:
    """Read a file of one service.

    Raises:
        ValueError: not exactly one service, or a key that says nothing of one container.
    """
    document = yaml.safe_load(text)
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) or len(services) != 1:
        raise ValueError("services: expected exactly one service")
    name, service = next(iter(services.items()))
    if not isinstance(service, dict) or not isinstance(service.get("image"), str):
        raise ValueError(f"services.{name}.image: Required value")  # noqa: TRY004 - bad input, not a bad call
    asked = Asked(service["image"], _words(service.get("command")))
    for key, value in service.items():
        if key not in ("image", "command", EXTRA):
            _read(asked, f"services.{name}", key, value)
    for option, texts in (service.get(EXTRA) or {}).items():
        if option not in OPTIONS:
            raise ValueError(f"services.{name}.{EXTRA}.{option}: no option of docker run")
        asked.options[option] = [str(item) for item in texts]
    return asked


def _read(asked: Asked, place: str, key: str, value: Any) -> None:
    if key == "healthcheck" and isinstance(value, dict):
        for part, inner in value.items():
            if part not in _HEALTH:
                raise ValueError(f"{place}.healthcheck.{part}: not understood; known: {', '.join(_HEALTH)}")
            asked.options[_HEALTH[part]] = [_health_command(inner) if part == "test" else _text(inner)]
        return
    if key == "entrypoint" and isinstance(value, list):
        first, *rest = [str(word) for word in value] or [""]
        asked.options["entrypoint"], asked.command = [first], [*rest, *asked.command]
        return
    option = COMPOSE_KEYS.get(key)
    if option is None:
        raise ValueError(f"{place}.{key}: no option of docker run says this")
    texts = _texts(f"{place}.{key}", value)
    if option.form is not Form.MANY and len(texts) != 1:
        raise ValueError(f"{place}.{key}: expected one value")
    asked.options[option.name] = texts


def _texts(place: str, value: Any) -> list[str]:
    if isinstance(value, dict):
        return [name if inner is None else f"{name}={_limit(place, inner)}" for name, inner in value.items()]
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, dict | list) for item in items):
        raise ValueError(f"{place}: the long form is not understood; write one text for each, as docker run takes it")
    return [_text(item) for item in items]


def _limit(place: str, value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"soft", "hard"}:
        return f"{value['soft']}:{value['hard']}"
    if isinstance(value, dict | list):
        raise ValueError(f"{place}: expected a text")  # noqa: TRY004 - bad input, not a bad call
    return _text(value)


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _words(value: Any) -> list[str]:
    return [str(word) for word in value] if isinstance(value, list) else shlex.split(value or "")


def _health_command(value: Any) -> str:
    if isinstance(value, list):
        return str(value[1]) if value[0] == "CMD-SHELL" else shlex.join(str(word) for word in value[1:])
    return str(value)


def to_compose(asked: Asked) -> str:
    """Return a file of one service."""
    service: dict[str, Any] = {"image": asked.image}
    if asked.command:
        service["command"] = asked.command
    extra: dict[str, list[str]] = {}
    for name, texts in sorted(asked.options.items()):
        option = OPTIONS[name]
        if not option.compose:
            extra[name] = texts
        elif option.form is Form.MANY:
            service[option.compose] = texts
        else:
            service[option.compose] = _typed(option.form, texts[0])
    if extra:
        service[EXTRA] = extra
    name = asked.options.get("name", ["app"])[0]
    return yaml.safe_dump({"services": {name: service}}, sort_keys=False, allow_unicode=True)


def _typed(form: Form, text: str) -> Any:
    if form is Form.FLAG:
        return text == "true"
    return int(text) if form is Form.NUMBER else text
