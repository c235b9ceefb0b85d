"""DeviceClass: a sort of device that claims can ask for. Data for schedulers and drivers."""

from __future__ import annotations

from bouvier.kinds import fields, names
from bouvier.kinds.columns import AGE, NAME
from bouvier.kinds.fields import Errors
from bouvier.kinds.kind import Kind
from bouvier.kinds.older import older
from bouvier.kinds.resource_v1.naming import Part, each_of
from bouvier.kinds.resource_v1.requests import MAX_CONFIGS
from bouvier.kinds.resource_v1.selectors import configuration, selectors
from bouvier.meta.errors import FieldError
from bouvier.meta.gvk import Resource
from bouvier.meta.objects import Obj

RESOURCE = Resource("resource.k8s.io", "v1", "deviceclasses", "DeviceClass", namespaced=False)


def validate(obj: Obj) -> list[FieldError]:
    """Check the spec."""
    return list(_errors("spec", obj.get("spec") or {}))


def _errors(path: str, spec: Part) -> Errors:
    yield from selectors(f"{path}.selectors", spec.get("selectors"))
    yield from each_of(f"{path}.config", spec.get("config"), MAX_CONFIGS, configuration)
    name = spec.get("extendedResourceName")
    if name is not None and not _is_extended(name):
        yield fields.invalid(f"{path}.extendedResourceName", name, "must be a valid extended resource name")


def _is_extended(name: str) -> bool:
    """Tell whether a name is one that pods can ask for and that is not Kubernetes' own."""
    is_native = "/" not in name or "kubernetes.io/" in name
    return not is_native and not name.startswith("requests.") and not names.qualified_name(f"requests.{name}")


KIND = Kind(
    resource=RESOURCE,
    singular="deviceclass",
    definition="io.k8s.api.resource.v1.DeviceClass",
    columns=(NAME, AGE),
    validate=validate,
    has_generation=True,
)
VIEWS = (older(KIND, "v1beta2"), older(KIND, "v1beta1"))
