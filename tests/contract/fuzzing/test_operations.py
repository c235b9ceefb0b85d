"""Requests made from the server's own OpenAPI documents, right ones and wrong ones."""

import json
import random
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from yarl import URL

from tests.contract.fuzzing.conftest import Target

GROUPS = ["api/v1", "apis/apps/v1", "apis/rbac.authorization.k8s.io/v1", "apis/policy/v1"]
OPERATIONS = 8
"""Operations of a group that are tried: making the generators of one takes some 100 ms."""
CASES = 4
LONG = ("watch", "follow", "/proxy", "/exec", "/attach", "/portforward", "/log", "/watch/")


def cases_of(document: dict[str, Any], seed: int) -> list[Any]:
    """Return generated requests of some operations of a document, the same ones each time."""
    usable = [path for path in sorted(document["paths"]) if not any(part in path for part in LONG)]
    chosen = random.Random(seed).sample(usable, min(OPERATIONS // 2, len(usable)))
    some = document | {"paths": {path: document["paths"][path] for path in chosen}}
    found = [result.ok() for result in schemathesis.openapi.from_dict(some).get_all_operations()]
    made: list[Any] = []
    for operation in random.Random(seed).sample(found, min(OPERATIONS, len(found))):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            made += examples(operation.as_strategy(generation_mode=mode))
    return made


def examples(strategy: st.SearchStrategy) -> list[Any]:
    """Return what a strategy generates first."""
    found: list[Any] = []

    @settings(
        max_examples=CASES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(one: Any) -> None:
        found.append(one)

    collect()
    return found


def parts_of(case: Any) -> tuple[str, str, bytes | None]:
    """Return path with query, content type and body of a generated request."""
    path = case.path
    for name, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    query = {k: str(v) for k, v in (case.query or {}).items() if k not in LONG and isinstance(k, str)}
    body = None
    if not isinstance(case.body, schemathesis.core.NotSet):
        body = json.dumps(case.body, default=str).encode("utf-8", "replace")
    text = urlencode({**query, "timeoutSeconds": "1"}, errors="replace")
    return f"{path}?{text}", case.media_type or "application/json", body


@pytest.mark.parametrize("group", GROUPS)
async def test_generated_requests(target: Target, group: str) -> None:
    """A request that follows the documents, or breaks them in one place, is served or refused with a Status."""
    document = await target.raw.ok("GET", f"/openapi/v3/{group}")
    for case in cases_of(document, seed=5):
        path, kind, body = parts_of(case)
        headers = {"Authorization": f"Bearer {target.api.token()}", "Content-Type": kind}
        url = URL(f"http://api{path}", encoded=True)
        async with target.raw._session.request(case.method, url, data=body, headers=headers) as answer:
            text = await answer.read()
            assert answer.status < 500, (case.method, path, body, text, target.logged[-1:])
            if answer.status >= 400 and case.method != "HEAD":
                assert json.loads(text)["kind"] == "Status"
    await target.is_sound()
