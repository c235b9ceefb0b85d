"""How the parts of a kind merge."""

from bouvier.kinds.schemas import structure_of
from bouvier.kinds.structure import Structure

POD = "io.k8s.api.core.v1.Pod"


def test_entries_of_a_map_share_one_place() -> None:
    """Names that users choose leave nothing behind: every label has the same place."""
    labels = structure_of(POD).field("metadata").field("labels")

    assert labels.field("app") is labels.field("tier")


def test_unknown_fields_have_no_place() -> None:
    """A field that the schema does not have is unknown each time it is asked for."""
    pod = structure_of(POD)

    assert pod.field("colour") is None
    assert pod.field("colour") is None


def test_lists_say_how_their_items_are_named() -> None:
    """Ports of a container are told apart by number and protocol, TCP where there is none."""
    ports = structure_of(POD).field("spec").field("containers").items().field("ports")

    assert (ports.list_type, ports.map_keys, ports.key_defaults) == (
        "map",
        ("containerPort", "protocol"),
        {"protocol": "TCP"},
    )


def test_embedded_objects_have_metadata_whether_declared_or_not() -> None:
    """A custom field that holds a whole object merges its metadata as every object's."""
    embedded = Structure({"type": "object", "x-kubernetes-embedded-resource": True})

    assert embedded.map_type == "granular"
    assert embedded.field("metadata").field("finalizers").list_type == "set"
    assert embedded.field("spec") is None
