"""Questions about access."""

from tests.unit.kinds.making import errors_of, kind_named


def test_a_question_is_about_a_resource_or_a_path():
    """Neither or both is refused."""
    kind = kind_named("selfsubjectaccessreviews", "authorization.k8s.io")
    assert errors_of(kind, {"metadata": {}, "spec": {"resourceAttributes": {"verb": "get"}}}) == []
    assert "exactly one of" in errors_of(kind, {"metadata": {}, "spec": {}})[0]
    both = {"resourceAttributes": {}, "nonResourceAttributes": {"path": "/"}}
    assert "cannot be specified in combination" in errors_of(kind, {"metadata": {}, "spec": both})[0]


def test_someone_must_be_asked_about():
    """A review of others names them."""
    kind = kind_named("subjectaccessreviews", "authorization.k8s.io")
    found = errors_of(kind, {"metadata": {}, "spec": {"resourceAttributes": {}}})
    assert found == ['spec.user: Invalid value: "": at least one of user or group must be specified']


def test_a_local_question_stays_in_its_namespace():
    """The namespaces of the question and of its subject agree."""
    kind = kind_named("localsubjectaccessreviews", "authorization.k8s.io")
    spec = {"user": "ann", "resourceAttributes": {"namespace": "b"}}
    found = errors_of(kind, {"metadata": {"namespace": "a"}, "spec": spec})
    assert found == ['spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace: a']
