"""Types of kinds, as a policy's type checking sees them."""

import pytest

from bouvier.kinds.admissionregistration_v1.typing import type_of_kind
from bouvier.kinds.registry import builtin
from bouvier.meta.cel.program import Environment


@pytest.mark.parametrize(
    "kind", builtin().values(), ids=lambda kind: f"{kind.resource.plural}.{kind.resource.api_version}"
)
def test_every_kind_has_a_type(kind):
    """Expressions may name the metadata of every kind."""
    environment = Environment({"object": type_of_kind(kind)})

    assert environment.compile("object.metadata.name == object.kind")
