"""The parts that both kinds of metrics share.

Source: https://github.com/kubernetes/metrics (`metrics.k8s.io/v1beta1`).
"""

from typing import Any

READ_ONLY = ("get", "list")

QUANTITIES: dict[str, Any] = {
    "type": "object",
    "description": "Amounts by resource name.",
    "additionalProperties": {"x-kubernetes-int-or-string": True},
}
TIMES: dict[str, Any] = {
    "timestamp": {"type": "string", "format": "date-time", "description": "End of the time that was measured."},
    "window": {"type": "string", "description": "Length of the time that was measured."},
}
