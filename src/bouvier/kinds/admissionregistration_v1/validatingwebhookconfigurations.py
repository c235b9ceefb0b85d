"""ValidatingWebhookConfiguration: servers that are asked about every write that their rules name."""

from __future__ import annotations

from bouvier.kinds.admissionregistration_v1 import webhooks
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Column, Kind
from bouvier.meta.resources import VALIDATINGWEBHOOKCONFIGURATIONS

KIND = Kind(
    resource=VALIDATINGWEBHOOKCONFIGURATIONS,
    singular="validatingwebhookconfiguration",
    definition="io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration",
    categories=("api-extensions",),
    columns=[NAME, Column("Webhooks", lambda obj: len(obj.get("webhooks") or ()), "integer"), AGE],
    default=webhooks.default,
    validate=webhooks.validate,
    has_generation=True,
    needs_revision=True,
)
