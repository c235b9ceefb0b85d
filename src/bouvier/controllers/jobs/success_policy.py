"""Whether enough indexes have succeeded by the rules of `successPolicy` (pure).

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy
"""

from __future__ import annotations

from bouvier.controllers.jobs.indexes import parse
from bouvier.meta.objects import Obj


def success_message(job: Obj, completed: set[int]) -> str:
    """Return which rule is met, empty if none is."""
    rules = (job["spec"].get("successPolicy") or {}).get("rules") or ()
    for number, rule in enumerate(rules):
        wanted = parse(rule["succeededIndexes"]) if rule.get("succeededIndexes") is not None else None
        reached = completed if wanted is None else completed & wanted
        count = rule.get("succeededCount")
        is_met = reached == wanted if count is None else len(reached) >= count
        if is_met:
            return f"Matched rules at index {number}"
    return ""
