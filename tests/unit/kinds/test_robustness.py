"""Any object that decodes is answered with errors, never with a crash."""

import copy
import random

import pytest

from bouvier.kinds import metadata, schemas
from bouvier.kinds.registry import KINDS
from tests.unit.kinds.random_objects import random_object


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.definition], ids=lambda kind: kind.resource.plural)
def test_senseless_objects_are_handled(kind):
    """Every hook copes with every combination of absent parts and odd values, and stays inside the schema."""
    draw = random.Random(kind.definition)
    for _ in range(12):
        new, old = random_object(kind, draw), random_object(kind, draw)
        for obj in (new, old):
            findings = schemas.check(kind, obj)
            assert (findings.errors, findings.unknown) == ([], [])
            schemas.prune(kind, obj)
            kind.default(obj)
        kind.prepare(new)
        metadata.validate(new, kind)
        metadata.validate_update(new, old, kind)
        kind.validate(new)
        kind.validate_update(new, old)
        kind.prepare_status(new, old)
        kind.validate_status(new, old)
        for column in kind.columns:
            assert isinstance(column.value(new), str | int | bool)
        assert all(isinstance(read(new), str) for read in kind.selectable.values())
        findings = schemas.check(kind, new)
        assert (findings.errors, findings.unknown) == ([], [])
        if kind.to_storage is not None and kind.from_storage is not None:
            kind.from_storage(kind.to_storage(copy.deepcopy(new)))
