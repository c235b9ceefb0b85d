"""NodeMetrics: what the pods of one host use."""

from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.kind import Kind
from bouvier.kinds.metrics_v1beta1.usage import QUANTITIES, READ_ONLY, TIMES
from bouvier.meta.gvk import Resource

RESOURCE = Resource("metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", namespaced=False)

KIND = Kind(
    resource=RESOURCE,
    singular="",
    definition="",
    verbs=READ_ONLY,
    columns=(NAME, AGE),
    schema={"type": "object", "properties": {**TIMES, "usage": QUANTITIES}},
)
