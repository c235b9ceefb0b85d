"""The list of kinds."""

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.registry import KINDS, builtin
from bouvier.kinds.reviews import is_stored
from bouvier.meta import resources
from bouvier.meta.gvk import Resource

WITHOUT_AGE = {
    "clustertrustbundles",
    "componentstatuses",
    "csistoragecapacities",
    "ipaddresses",
    "storageversionmigrations",
}
"""Whose tables upstream show no age."""
STORED = [kind for kind in KINDS if is_stored(kind)]


def test_every_resource_of_the_actors_is_served():
    """What controllers and agents use has a kind, with the same scope."""
    for resource in vars(resources).values():
        if isinstance(resource, Resource):
            kind = builtin()[resource.group, resource.version, resource.plural]
            assert kind.resource == resource


def test_names_are_unique():
    """No short name or singular means two kinds."""
    kinds = {
        (kind.resource.group, kind.resource.plural): kind
        for kind in KINDS
        if kind.resource.group not in ("metrics.k8s.io", "events.k8s.io")
    }
    seen = [name for kind in kinds.values() for name in {kind.resource.plural, kind.singular, *kind.short_names}]
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.resource.plural)
def test_an_almost_empty_object_is_handled(kind):
    """Defaults, validation and cells cope with absent parts; defaults stay inside the schema."""
    obj = {"apiVersion": kind.resource.api_version, "kind": kind.resource.kind, "metadata": {"name": "a"}}
    kind.default(obj)
    kind.validate(obj)
    kind.prepare(obj)
    findings = schemas.check(kind, obj)
    assert not [error for error in findings.errors if error.kind != "FieldValueRequired"]
    assert not findings.unknown
    assert kind.validate_update(obj, obj) == []
    assert len([column.value(obj) for column in kind.columns]) == len(kind.columns)
    for read in kind.selectable.values():
        assert isinstance(read(obj), str)


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.resource.plural)
def test_defaulting_twice_changes_nothing(kind):
    """Defaults are filled at every write, so they must be stable."""
    obj = {"metadata": {"name": "a"}}
    kind.default(obj)
    kind.prepare(obj)
    first = repr(obj)
    kind.default(obj)
    kind.prepare(obj)
    assert repr(obj) == first


def test_tables_begin_with_the_name():
    """Every table names the object and tells its age."""
    for kind in STORED:
        titles = [column.name for column in kind.columns]
        assert "Name" in titles
        has_age = {"Age", "Created At", "Last Seen", "Pod Labels"} & set(titles)
        assert has_age or kind.resource.plural in WITHOUT_AGE


def test_reviews_are_only_created():
    """Questions are not kept."""
    assert {kind.resource.kind for kind in KINDS if not is_stored(kind)} == {
        "SelfSubjectAccessReview",
        "SubjectAccessReview",
        "LocalSubjectAccessReview",
        "SelfSubjectRulesReview",
        "TokenReview",
        "SelfSubjectReview",
        "ImageStreamMapping",
        "ProjectRequest",
        "Binding",
    }
