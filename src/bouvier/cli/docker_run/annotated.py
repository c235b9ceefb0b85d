"""What of a run Kubernetes has no field for: the object of the pod's annotation."""

from __future__ import annotations

from typing import Any

from bouvier.cli.docker_run.request import RunRequest
from bouvier.kinds.podspec.runoptions.native import problem_of

_FIELD_SECURITY = ("no-new-privileges", "no-new-privileges=true", "seccomp=unconfined")


def is_annotated(name: str, text: str) -> bool:
    """Tell whether this value of an option that also has a field stands in the annotation."""
    if name == "user":
        user, _, group = text.partition(":")
        return not all(part in ("", "root") or part.isdecimal() for part in (user, group))
    if name == "group-add":
        return not text.isdecimal()
    if name == "security-opt":
        return text.replace(":", "=", 1) not in _FIELD_SECURITY
    if name in ("ipc", "pid"):
        return text not in ("", "host", "shareable") and (name, text) != ("pid", "private")
    if name == "volume":
        source, _, path = text.partition(":")
        return bool(path) and not source.startswith(("/", ".", "~"))
    keys = dict(part.partition("=")[::2] for part in text.split(","))
    return keys.get("type", "volume") == "volume" and bool(keys.get("source") or keys.get("src"))


def annotation_options(request: RunRequest) -> dict[str, Any]:
    """Return the options that stand in the annotation, by docker's name.

    Raises:
        ValueError: a value has another form.
    """
    options = dict(request.extended)
    for name in ("user", "ipc", "pid"):
        text = getattr(request, name)
        if text and is_annotated(name, text):
            options[name] = text
    for name in ("group-add", "security-opt", "volume", "mount"):
        texts = [text for text in getattr(request, name.replace("-", "_")) if is_annotated(name, text)]
        if texts:
            options[name] = texts
    if request.restart.startswith("on-failure:"):
        options["restart"] = request.restart
    for name, value in options.items():
        if problem := problem_of(name, value):
            raise ValueError(f"--{name}: {problem}")
    return options
