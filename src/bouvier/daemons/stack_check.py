"""`POST /bouvier/v1/stacks/check`: whether Compose files become a stack, and which, for the console. Changes nothing.

The body is the spec of a Stack with its `name`. The answer names the services with what each needs, the balancer rules
and external services beside them, and every key that has no effect; what is not understood is refused with its file,
line and column. The same code reads stacks for `bouvier stack` and the controller; no file of this machine is read.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from bouvier.apiserver import codec
from bouvier.apiserver.authn.authenticator import unauthorized
from bouvier.apiserver.request import ANONYMOUS, Answer, Request, Response
from bouvier.meta.errors import ApiError, bad_request
from bouvier.meta.objects import Obj, name_of
from bouvier.stacks.errors import StackError

PATH = "/bouvier/v1/stacks/check"
LONGEST_BODY = 1024 * 1024
"""As much as an object of the API may hold."""
UNNAMED = "stack"


async def check(request: Request) -> Answer:
    """Answer with what the files ask for."""
    if request.user is ANONYMOUS:
        raise unauthorized()
    if request.method != "POST":
        raise ApiError("MethodNotAllowed", "send the files with POST")
    body = await request.read()
    if len(body) > LONGEST_BODY:
        raise ApiError("RequestEntityTooLarge", f"at most {LONGEST_BODY // 1024} KiB can be checked")
    try:
        given = json.loads(body)
    except ValueError as error:
        raise bad_request(f"the body is not JSON: {error}") from error
    if not isinstance(given, dict) or not str(given.get("compose") or "").strip():
        raise _refused("compose", "Required value")
    try:
        return Response(200, codec.dumps(await asyncio.to_thread(_checked, given)))
    except StackError as error:
        field = str(error.place) if error.place else "compose"
        text = f"{error.path}: {error.message}" if error.path else error.message
        raise _refused(field, f"{text}; {error.advice}" if error.advice else text) from error
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise _refused("compose", str(error)) from error


def _checked(given: dict[str, Any]) -> dict[str, Any]:
    from bouvier.stacks.build import needs_of, plan_of, source_of  # noqa: PLC0415 - few processes ever read a stack
    from bouvier.stacks.compose.loading import load  # noqa: PLC0415
    from bouvier.stacks.compose.values import dns_label  # noqa: PLC0415

    source = source_of({**given, "baseFolder": ""})
    plan = plan_of(str(given.get("name") or UNNAMED), source)
    named = {dns_label(name): [dns_label(one) for one in needs] for name, needs in needs_of(load(source)).items()}
    services = [
        {
            "name": name,
            "kind": service.workload["kind"],
            "replicas": service.workload["spec"].get("replicas", 1),
            "images": [one["image"] for one in _containers(service.workload)],
            "sidekicks": [one["name"] for one in _containers(service.workload)[1:]],
            "needs": sorted({*service.needs, *named.get(name, ())} - {name}),
        }
        for name, service in plan.services.items()
    ]
    return {
        "services": services,
        "externals": sorted(set(named) - set(plan.services) - _members(services)),
        "rules": [rule for obj in plan.others if obj["kind"] == "Ingress" for rule in _rules(obj)],
        "objects": [{"kind": obj["kind"], "name": name_of(obj)} for obj in plan.others],
        "ignored": [one._asdict() for one in plan.ignored],
    }


def _members(services: list[dict[str, Any]]) -> set[str]:
    return {member for service in services for member in service["sidekicks"]}


def _containers(workload: Obj) -> list[Obj]:
    found: list[Obj] = workload["spec"]["template"]["spec"]["containers"]
    return found


def _rules(ingress: Obj) -> list[dict[str, str]]:
    return [
        {
            "host": rule.get("host", ""),
            "path": path.get("path", "/"),
            "service": path["backend"].get("service", {}).get("name", ""),
        }
        for rule in ingress["spec"].get("rules") or ()
        for path in (rule.get("http") or {}).get("paths") or ()
    ]


def _refused(field: str, message: str) -> ApiError:
    cause = {"reason": "FieldValueInvalid", "field": field, "message": message}
    return ApiError("Invalid", f"{field}: {message}", details={"causes": [cause]})
