"""The Jobs of a CronJob (pure)."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Any

from bouvier.meta.objects import Obj, annotations_of, name_of, namespace_of, owner_reference, uid_of

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
"""Annotation of a Job: for which time it was started."""


def new_job(cron_job: Obj, moment: datetime, where: tzinfo) -> Obj:
    """Return the Job for one time. Its name says the minute, so that the same time never starts two."""
    template = cron_job["spec"]["jobTemplate"]
    source = template.get("metadata") or {}
    annotations = {**(source.get("annotations") or {}), SCHEDULED: moment.astimezone(where).isoformat()}
    metadata = {
        "name": f"{name_of(cron_job)}-{int(moment.timestamp()) // 60}",
        "namespace": namespace_of(cron_job),
        "labels": source.get("labels") or {},
        "annotations": annotations,
        "ownerReferences": [owner_reference(cron_job)],
    }
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": template["spec"]}


def is_ours(job: Obj) -> bool:
    """Tell whether the Job was started by the schedule, not by hand from the CronJob."""
    return SCHEDULED in annotations_of(job)


def reference(job: Obj) -> dict[str, Any]:
    """Return the entry of `status.active`."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": name_of(job),
        "namespace": namespace_of(job),
        "uid": uid_of(job),
    }
