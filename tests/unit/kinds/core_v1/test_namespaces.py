"""Namespaces."""

from tests.unit.kinds.making import defaulted, kind_named

KIND = kind_named("namespaces")


def test_a_namespace_is_labelled_with_its_name():
    """Selectors of namespaces can name them."""
    filled = defaulted(KIND, {"metadata": {"name": "a", "labels": {"b": "c"}}})
    assert filled["metadata"]["labels"] == {"b": "c", "kubernetes.io/metadata.name": "a"}


def test_a_new_namespace_is_active_and_held():
    """The finalizer keeps it until it is empty."""
    obj = {"metadata": {"name": "a"}}
    KIND.prepare(obj)
    assert obj["status"] == {"phase": "Active"}
    assert obj["spec"] == {"finalizers": ["kubernetes"]}


def test_an_emptied_namespace_is_let_go():
    """Preparing again does not bring the finalizer back."""
    obj = {"metadata": {"name": "a"}, "spec": {"finalizers": []}, "status": {"phase": "Terminating"}}
    KIND.prepare(obj)
    assert obj["spec"] == {"finalizers": []}
