"""`POST /bouvier/v1/convert`: one container as form, `docker run`, Compose and objects, for the console's create form.

The body names what is given: `{"from": "form", "form": {"image", "command", "options"}}`, or `{"from":
"docker-run"|"compose"|"yaml", "text": …}`, with `namespace` and `replicas`. The answer holds all forms at once: `form`,
`texts` by name, `objects`, and `refusals` (field and message) when the platform cannot honour what is asked. The same
code serves `bouvier convert`, except that nothing of this machine is read: no file, no variable.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.meta.errors import ApiError

PATH = "/bouvier/v1/convert"
TEXTS = ("docker-run", "compose", "yaml")
FILES = ("cidfile", "env-file", "label-file")
"""Options that name files of the machine on which the command is typed."""
LONGEST_BODY = 256 * 1024
_OPTION = re.compile(r"--?([a-z0-9-]+)|([a-z-]+)")


async def convert(request: Request) -> Answer:
    """Answer with every form of what is given."""
    if request.user is ANONYMOUS:
        raise unauthorized()
    if request.method != "POST":
        raise ApiError("MethodNotAllowed", "send what is to be converted with POST")
    body = await request.read()
    if len(body) > LONGEST_BODY:
        raise ApiError("RequestEntityTooLarge", f"at most {LONGEST_BODY // 1024} KiB can be converted")
    try:
        given = json.loads(body)
        document = await asyncio.to_thread(_converted, given if isinstance(given, dict) else {})
    except ValueError as error:
        raise _refusal(error) from error
    return Response(200, codec.dumps(document))


def _converted(given: dict[str, Any]) -> dict[str, Any]:
    from bouvier.cli.convert.compose import to_compose  # noqa: PLC0415 - few processes ever convert anything
    from bouvier.cli.convert.manifests import as_yaml, to_objects  # noqa: PLC0415
    from bouvier.cli.convert.words import to_words  # noqa: PLC0415

    asked = _read(given)
    form = {"image": asked.image, "command": asked.command, "options": asked.options}
    answer: dict[str, Any] = {"form": form, "texts": {}, "objects": [], "refusals": []}
    answer["texts"] = {"docker-run": to_words(asked), "compose": to_compose(asked)}
    namespace, replicas = str(given.get("namespace") or "default"), given.get("replicas")
    try:
        _check_files(asked)
        objects = to_objects(asked, {}, namespace=namespace, replicas=replicas if isinstance(replicas, int) else None)
    except ValueError as error:
        answer["refusals"] = [{"field": _field(str(error)), "message": str(error)}]
        return answer
    answer["objects"] = objects
    answer["texts"]["yaml"] = as_yaml(objects)
    return answer


def _read(given: dict[str, Any]) -> Any:
    from bouvier.cli.convert.compose import from_compose  # noqa: PLC0415
    from bouvier.cli.convert.manifests import from_manifests  # noqa: PLC0415
    from bouvier.cli.convert.words import from_words  # noqa: PLC0415

    source, text = given.get("from"), str(given.get("text") or "")
    if source == "form":
        return _form(given.get("form"))
    if source not in TEXTS:
        raise ValueError(f"from: expected form, {', '.join(TEXTS)}")
    if not text.strip():
        raise ValueError("text: Required value")
    try:
        if source == "yaml":
            return from_manifests(text, {}, _check_files)
        return from_words(text) if source == "docker-run" else from_compose(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(str(error)) from error
    except Exception as error:  # YAML's own errors share no base that is worth an import here
        raise ValueError(_place(error)) from error


def _form(form: Any) -> Any:
    """Return what a form asks for, read as strictly as a command line is."""
    from bouvier.cli.convert.words import Asked, from_words, to_words  # noqa: PLC0415
    from bouvier.kinds.podspec.runoptions.table import OPTIONS  # noqa: PLC0415

    if not isinstance(form, dict) or not str(form.get("image") or "").strip():
        raise ValueError("image: Required value")
    options = {str(name): [str(text) for text in texts] for name, texts in (form.get("options") or {}).items() if texts}
    if unknown := [name for name in options if name not in OPTIONS]:
        raise ValueError(f"--{unknown[0]} is no option of docker run")
    asked = Asked(str(form["image"]).strip(), [str(word) for word in form.get("command") or ()], options)
    return from_words(to_words(asked))


def _check_files(asked: Any) -> None:
    for name in FILES:
        if name in asked.options:
            raise ValueError(f"--{name} names a file of another machine: write its content instead (--env, --label)")


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else what


def _field(message: str) -> str:
    found = _OPTION.match(message)
    return (found.group(1) or found.group(2)) if found else ""


def _refusal(error: ValueError) -> ApiError:
    cause = {"reason": "FieldValueInvalid", "message": str(error), "field": _field(str(error))}
    return ApiError("Invalid", str(error), details={"causes": [cause]})
