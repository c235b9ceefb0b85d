"""PodMetrics: what each container of a pod uses."""

from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Kind
from bouvier.kinds.metrics_v1beta1.usage import QUANTITIES, READ_ONLY, TIMES
from bouvier.meta.gvk import Resource

RESOURCE = Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics")
_CONTAINER = {"type": "object", "properties": {"name": {"type": "string"}, "usage": QUANTITIES}}

KIND = Kind(
    resource=RESOURCE,
    singular="",
    definition="",
    verbs=READ_ONLY,
    columns=(NAME, AGE),
    schema={"type": "object", "properties": {**TIMES, "containers": {"type": "array", "items": _CONTAINER}}},
)
