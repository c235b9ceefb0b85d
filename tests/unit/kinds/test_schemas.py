"""Checking, pruning and structure of Kubernetes' own kinds."""

import copy

import pytest

from bouvier.kinds import schemas
from bouvier.kinds.registry import builtin
from bouvier.meta.patches.structure import Structure
from tests.unit.kinds.making import container, kind_named, pod, workload

POD = kind_named("pods")
DEPLOYMENT = kind_named("deployments", "apps")


def test_a_valid_body_has_no_findings():
    """A body that fits its kind decodes."""
    findings = schemas.check(POD, pod())
    assert not findings.errors
    assert not findings.unknown
    assert not findings.malformed
    assert not findings.needs_pruning


@pytest.mark.parametrize(
    ("spec", "path", "message"),
    [
        (
            {"containers": [container(ports=[{"containerPort": "http"}])]},
            "spec.containers[0].ports[0].containerPort",
            (
                "json: cannot unmarshal string into Go struct field ContainerPort.spec.containers.ports.containerPort"
                " of type int32"
            ),
        ),
        (
            {"containers": {}},
            "spec.containers",
            "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container",
        ),
        (
            {"containers": ["main"]},
            "spec.containers[0]",
            "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type v1.Container",
        ),
        (
            {"hostNetwork": "yes"},
            "spec.hostNetwork",
            "json: cannot unmarshal string into Go struct field PodSpec.spec.hostNetwork of type bool",
        ),
        (
            {"terminationGracePeriodSeconds": 1.5},
            "spec.terminationGracePeriodSeconds",
            (
                "json: cannot unmarshal number 1.5 into Go struct field PodSpec.spec.terminationGracePeriodSeconds"
                " of type int64"
            ),
        ),
        (
            {"containers": [container(ports=[{"containerPort": 2**40}])]},
            "spec.containers[0].ports[0].containerPort",
            (
                f"json: cannot unmarshal number {2**40} into Go struct field"
                " ContainerPort.spec.containers.ports.containerPort of type int32"
            ),
        ),
        (
            {"containers": [container(resources={"limits": {"cpu": "abc"}})]},
            "spec.containers[0].resources.limits[cpu]",
            "spec.containers[0].resources.limits[cpu]: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_a_wrong_type_names_the_field_and_is_malformed(spec, path, message):
    """A wrong type is a body that cannot be decoded, worded as Go words it, with the exact path beside it."""
    findings = schemas.check(POD, {**pod(), "spec": spec})
    assert [error.field for error in findings.errors] == [path]
    assert findings.malformed == f'Pod in version "v1" cannot be handled as a Pod: {message}'


@pytest.mark.parametrize("quantity", ["1", "500m", "1.5Gi", ".5", "1e3", "-1", 2, 0.5, "100n", "2Ei"])
def test_quantities_are_text_or_number(quantity):
    """Every form of quantity decodes."""
    assert not schemas.check(POD, pod(container(resources={"requests": {"cpu": quantity}}))).errors


def test_a_wrong_type_inside_a_map_names_the_key():
    """A map's key stands in brackets."""
    findings = schemas.check(kind_named("configmaps"), {"metadata": {"name": "a"}, "data": {"key": 1}})
    assert [error.field for error in findings.errors] == ["data[key]"]
    assert "number into Go struct field ConfigMap.data of type string" in findings.malformed


def test_secret_data_must_be_base64():
    """Bytes that are not base64 do not decode."""
    findings = schemas.check(kind_named("secrets"), {"metadata": {"name": "a"}, "data": {"key": "not base64!"}})
    assert findings.malformed == (
        'Secret in version "v1" cannot be handled as a Secret: data[key]: illegal base64 data at input byte 0'
    )


def test_times_must_be_rfc_3339():
    """A time that is none does not decode."""
    findings = schemas.check(POD, {**pod(), "status": {"startTime": "yesterday"}})
    assert 'parsing time "yesterday"' in findings.malformed


def test_unknown_fields_are_listed_by_path():
    """Unknown fields are no error here: the request decides what happens with them."""
    deployment = workload("Deployment")
    deployment["spec"]["template"]["spec"]["containers"][0]["imag"] = "x"
    deployment["spec"]["replica"] = 1
    deployment["extra"] = {}
    findings = schemas.check(DEPLOYMENT, deployment)
    assert sorted(findings.unknown) == ["extra", "spec.replica", "spec.template.spec.containers[0].imag"]
    assert not findings.errors
    assert findings.needs_pruning


def test_pruning_drops_unknown_fields_and_nulls():
    """After pruning nothing is left that the kind does not have."""
    obj = pod(container(imag="x", args=None))
    obj["metadata"]["creationTimestamp"] = None
    schemas.prune(POD, obj)
    assert obj == pod()
    assert not schemas.check(POD, obj).needs_pruning


def test_null_in_a_map_of_texts_is_the_empty_text():
    """A map keeps its keys."""
    obj = {"metadata": {"name": "a"}, "data": {"key": None}}
    assert schemas.check(kind_named("configmaps"), obj).nulls
    schemas.prune(kind_named("configmaps"), obj)
    assert obj["data"] == {"key": ""}


def test_nulls_that_were_found_go_the_same_way():
    """Dropping what a check found leaves what a whole search would leave: in fields, lists and maps of texts."""
    made = pod(container(args=[None, "a", None, "b"], command=None, resources={"limits": {"cpu": None}}))
    made["metadata"] |= {"creationTimestamp": None, "labels": {"app": None, "tier": "web"}}
    made["status"] = {"conditions": [{"type": "Ready", "lastProbeTime": None}, None]}
    searched = copy.deepcopy(made)
    findings = schemas.check(POD, made)
    schemas.prune(POD, made, findings)
    schemas.prune(POD, searched)
    assert made == searched
    assert made["metadata"]["labels"] == {"app": "", "tier": "web"}
    assert made["spec"]["containers"][0]["args"] == ["a", "b"]
    assert not findings.unknown
    assert not schemas.check(POD, made).needs_pruning


def test_free_json_is_kept():
    """What the schema leaves open is not pruned: managed fields, revisions."""
    obj = {
        "metadata": {"name": "a", "managedFields": [{"fieldsV1": {"f:spec": {"f:x": {}}}}]},
        "data": {"spec": {"anything": [1, None]}},
    }
    kind = kind_named("controllerrevisions", "apps")
    assert not schemas.check(kind, obj).needs_pruning
    schemas.prune(kind, obj)
    assert obj["data"] == {"spec": {"anything": [1, None]}}
    assert obj["metadata"]["managedFields"][0]["fieldsV1"] == {"f:spec": {"f:x": {}}}


def test_a_definition_may_have_properties_named_like_keywords():
    """The schema of schemas is no obstacle: its properties are called `$ref`, `type` and `items`."""
    kind = kind_named("customresourcedefinitions", "apiextensions.k8s.io")
    schema = {"type": "object", "properties": {"type": {"type": "string"}, "items": {"type": "array"}}}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    obj = {"metadata": {"name": "a.b.c"}, "spec": {"versions": [version]}}
    findings = schemas.check(kind, obj)
    assert not findings.errors
    assert not findings.unknown


def test_lists_tell_both_ways_of_merging():
    """Strategic merge and server-side apply have different keys for the same list."""
    structure = schemas.structure(kind_named("services"))
    assert isinstance(structure, Structure)
    ports = structure.field("spec").field("ports")
    assert ports.is_list
    assert (ports.list_type, ports.map_keys, ports.merge_key) == ("map", ("port", "protocol"), "port")
    assert ports.key_defaults == {"protocol": "TCP"}
    assert ports.patch_strategy == {"merge"}
    assert ports.items().field("port") is not None


def test_atomic_parts_are_atomic():
    """A selector is one value; lists without a type are one value too."""
    spec = schemas.structure(DEPLOYMENT).field("spec")
    assert spec.field("selector").map_type == "atomic"
    assert spec.field("strategy").patch_strategy == {"retainKeys"}
    assert spec.field("template").map_type == "granular"
    arguments = spec.field("template").field("spec").field("containers").items().field("args")
    assert arguments.list_type == "atomic"
    assert schemas.structure(POD).field("metadata").field("labels").field("any/key") is not None
    assert schemas.structure(POD).field("metadata").field("finalizers").list_type == "set"
    assert spec.field("nonsense") is None


def test_every_built_in_kind_has_its_definition():
    """No kind names a schema that does not exist."""
    for kind in builtin().values():
        assert kind.schema or schemas.definition(kind.definition)
        assert schemas.structure(kind).is_object
