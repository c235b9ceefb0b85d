"""The process that renders one package: a request on standard input, an answer on standard output, then its end.

Lines of JSON both ways, so that a template's `lookup` can be answered in between. Memory is limited by the kernel, time by
whoever started the process.
"""

from __future__ import annotations

import base64
import json
import resource
import sys
from typing import Any, TextIO

RECURSION = 12_000
"""A hundred templates within each other, with a dozen frames each and as many again in the functions they call."""
MEMORY_BYTES = 1 << 30


def main() -> None:
    """Answer one request."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    sys.setrecursionlimit(RECURSION)
    request = json.loads(sys.stdin.readline())
    try:
        answer = perform(request, sys.stdin, sys.stdout)
    except MemoryError:
        answer = failure("template", [f"the template needs more than {MEMORY_BYTES >> 20} MiB of memory"])
    _send(sys.stdout, answer)


def failure(kind: str, errors: list[str]) -> dict[str, Any]:
    """Return the answer of a rendering that failed; `kind` is `values`, `answers` or `template`."""
    return {"error": {"kind": kind, "errors": errors}}


def perform(request: dict[str, Any], questions: TextIO, answers: TextIO) -> dict[str, Any]:
    """Return the answer to a request; `questions` and `answers` carry what `lookup` asks."""
    from bouvier.catalog.entries import CatalogError  # noqa: PLC0415 - the limits come first
    from bouvier.catalog.gotemplate import TemplateError  # noqa: PLC0415
    from bouvier.catalog.helm.errors import ChartError, ValuesError  # noqa: PLC0415

    files = {path: base64.b64decode(content) for path, content in request["files"].items()}
    try:
        if request["format"] == "compose":
            return _compose(request, files)
        return _chart(request, files, lambda *asked: _lookup(questions, answers, asked))
    except ValuesError as error:
        return failure("values", error.errors)
    except (ChartError, TemplateError, CatalogError) as error:
        return failure("template", [str(error)])


def _send(stream: TextIO, message: dict[str, Any]) -> None:
    stream.write(json.dumps(message) + "\n")
    stream.flush()


def _lookup(questions: TextIO, answers: TextIO, asked: tuple[Any, ...]) -> dict[str, Any]:
    _send(answers, {"lookup": list(asked)})
    found: dict[str, Any] = json.loads(questions.readline(), parse_int=float)
    return found


def _chart(request: dict[str, Any], files: dict[str, bytes], lookup: Any) -> dict[str, Any]:
    from bouvier.catalog.helm.capabilities import Capabilities  # noqa: PLC0415
    from bouvier.catalog.helm.loading import load_files  # noqa: PLC0415
    from bouvier.catalog.helm.record import chart_record  # noqa: PLC0415
    from bouvier.catalog.helm.rendering import ReleaseFacts, render  # noqa: PLC0415

    release = request["release"]
    facts = ReleaseFacts(release["name"], release["namespace"], release["revision"], release["isUpgrade"])
    capabilities = Capabilities(request["kubeVersion"], request["apiVersions"])
    chart = load_files(files)
    rendered = render(chart, request["values"], facts, capabilities, lookup=lookup)
    return {
        "chart": chart_record(chart.metadata, chart.values, files),
        "manifests": [one._asdict() for one in rendered.manifests],
        "crds": [one._asdict() for one in rendered.crds],
        "hooks": [hook._asdict() | {"manifest": hook.manifest._asdict()} for hook in rendered.hooks],
        "notes": rendered.notes,
    }


def _compose(request: dict[str, Any], files: dict[str, bytes]) -> dict[str, Any]:
    from bouvier.catalog.entries import COMPOSE, Package  # noqa: PLC0415
    from bouvier.catalog.rancher.templating import StackFacts, compose_texts  # noqa: PLC0415

    package = Package(COMPOSE, request["name"], request["version"], files)
    release = request["release"]
    facts = StackFacts(release["name"], request["version"], request["previousVersion"], release["namespace"])
    texts = compose_texts(package, request["values"], facts)
    return {"compose": texts.compose, "rancherCompose": texts.rancher_compose}


if __name__ == "__main__":
    main()
