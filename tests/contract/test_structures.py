"""The structures of the built-in kinds, as patches and apply use them."""

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.registry import builtin
from bouvier.meta.patches.apply import apply
from bouvier.meta.patches.fieldset import check_fields
from bouvier.meta.patches.strategic import strategic_merge_patch
from bouvier.meta.patches.structure import Structure


def structure_of(*key):
    return schemas.structure(builtin()[key])


@pytest.mark.parametrize("key", sorted(builtin()), ids="/".join)
def test_every_kind_with_a_definition_has_a_structure(key):
    """Each built-in kind can be walked as the protocol says."""
    structure = structure_of(*key)
    if builtin()[key].definition:
        assert isinstance(structure, Structure)
        assert structure.is_object
        assert isinstance(structure.field("metadata"), Structure)


def test_ports_of_a_service_merge_by_port_and_apply_by_port_and_protocol():
    """The keys of the two ways to merge differ, and a missing protocol is TCP."""
    structure = structure_of("", "v1", "services")
    live = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "dns"}}
    udp = {"port": 53, "protocol": "UDP", "name": "udp"}
    one = apply(None, live | {"spec": {"ports": [udp]}}, "a", structure, api_version="v1", now="t")
    two = apply(one, live | {"spec": {"ports": [{"port": 53}]}}, "b", structure, api_version="v1", now="t")
    assert two["spec"]["ports"] == [udp, {"port": 53}]
    for entry in two["metadata"]["managedFields"]:
        check_fields(entry["fieldsV1"])
    patched = strategic_merge_patch(one, {"spec": {"ports": [{"port": 53, "name": "x"}]}}, structure)
    assert patched["spec"]["ports"] == [udp | {"name": "x"}]


def test_volumes_keep_one_source():
    """Volumes merge by name and accept retainKeys."""
    structure = structure_of("", "v1", "pods")
    pod = {"metadata": {"name": "p"}, "spec": {"volumes": [{"name": "d", "emptyDir": {}}]}}
    patch = {"spec": {"volumes": [{"name": "d", "hostPath": {"path": "/d"}, "$retainKeys": ["name", "hostPath"]}]}}
    assert strategic_merge_patch(pod, patch, structure)["spec"]["volumes"] == [
        {"name": "d", "hostPath": {"path": "/d"}}
    ]
