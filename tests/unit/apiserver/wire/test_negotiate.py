"""Accept headers lead to the best form that is offered."""

import pytest

from bouvier.apiserver.wire import negotiate
from bouvier.meta.errors import ApiError

KUBECTL_GET = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)
KUBECTL_DISCOVERY = (
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"
)
PROTOBUF = "application/vnd.kubernetes.protobuf"
METADATA_CLIENT = (
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,"
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
)


@pytest.mark.parametrize(
    ("accept", "media", "transform", "version"),
    [
        ("", "application/json", "", ""),
        ("*/*", "application/json", "", ""),
        ("application/*", "application/json", "", ""),
        (KUBECTL_GET, "application/json", "Table", "v1"),
        ("application/json;as=Table;v=v1beta1;g=meta.k8s.io", "application/json", "Table", "v1beta1"),
        ("application/vnd.kubernetes.protobuf,application/json", "application/json", "", ""),
        (METADATA_CLIENT, "application/json", "PartialObjectMetadata", "v1"),
        ("application/json;as=Table;v=v9;g=meta.k8s.io,application/json", "application/json", "", ""),
        ("application/yaml", "application/yaml", "", ""),
        ("application/json;q=0.1,application/yaml;q=0.9", "application/yaml", "", ""),
        ("Application/JSON; stream=watch", "application/json", "", ""),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json", "", ""),
        ("*/*, application/yaml", "application/yaml", "", ""),
        ("application/json;charset=utf-8", "application/json", "", ""),
        ("application/cbor", "application/cbor", "", ""),
        ("application/cbor;as=Table;v=v1;g=meta.k8s.io,application/cbor", "application/cbor", "Table", "v1"),
        ("application/json;stream=other,application/yaml", "application/yaml", "", ""),
        (PROTOBUF, PROTOBUF, "", ""),
        (f"{PROTOBUF}, */*;q=0.1", "application/json", "", ""),
        (f"image/png,{PROTOBUF}", PROTOBUF, "", ""),
        (f"{PROTOBUF};as=Table;v=v1;g=meta.k8s.io,{PROTOBUF}", PROTOBUF, "", ""),
        (METADATA_CLIENT.split(",", 1)[0], PROTOBUF, "PartialObjectMetadata", "v1"),
        ("application/json;v=v1,application/yaml", "application/yaml", "", ""),
    ],
)
def test_objects(accept, media, transform, version):
    """Tables, metadata, YAML and plain JSON are chosen as asked."""
    rendering = negotiate.for_objects(accept)
    assert (rendering.media, rendering.transform, rendering.version) == (media, transform, version)


@pytest.mark.parametrize(
    "accept",
    [
        "application/cbor-seq",
        "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io",
        "text/html",
        "application/json;q=0",
        "application/json;as=Table;v=v9;g=meta.k8s.io",
        "*/*;q=x",
    ],
)
def test_nothing_fits(accept):
    """A client that takes nothing of what is offered is told what is."""
    with pytest.raises(ApiError, match="only the following media types are accepted: application/json") as caught:
        negotiate.for_objects(accept)
    assert (caught.value.code, caught.value.reason) == (406, "NotAcceptable")


def test_watches():
    """Events are lines of JSON or a sequence of CBOR documents, whichever name the client has for it; never YAML."""
    assert negotiate.for_watches("application/json;stream=watch").media == "application/json"
    assert negotiate.for_watches("application/cbor, application/json").media == "application/cbor-seq"
    assert negotiate.for_watches("application/cbor-seq").media == "application/cbor-seq"
    assert negotiate.for_watches(KUBECTL_GET).transform == "Table"
    assert negotiate.for_watches(f"{PROTOBUF},application/json").media == "application/json"
    assert negotiate.for_watches(PROTOBUF).media == f"{PROTOBUF};stream=watch"
    assert negotiate.for_watches(f"{PROTOBUF};stream=watch").media == f"{PROTOBUF};stream=watch"
    offered = f"application/json;stream=watch, {PROTOBUF};stream=watch, application/cbor-seq"
    with pytest.raises(ApiError, match=f"accepted: {offered}$"):
        negotiate.for_watches("application/yaml")


def test_answers_without_a_table():
    """A review is never a Table: it is plain where that is accepted, refused where it is not."""
    assert negotiate.for_answers(KUBECTL_GET).transform == ""
    with pytest.raises(ApiError, match="only the following media types are accepted"):
        negotiate.for_answers("application/json;as=Table;v=v1;g=meta.k8s.io")


def test_refusals_always_have_a_form():
    """The Status of an error is written as asked, and as JSON for clients that accept nothing of it."""
    assert negotiate.for_refusals("application/yaml").media == "application/yaml"
    assert negotiate.for_refusals(PROTOBUF).media == PROTOBUF
    assert negotiate.for_refusals("image/png").media == "application/json"


def test_pages_of_browsers_are_indented():
    """What a browser opens as a page, and what is asked for with `pretty=1`, is written for people."""
    assert negotiate.for_objects("text/html,application/xhtml+xml,*/*;q=0.8").is_pretty
    assert negotiate.for_objects("application/json;pretty=1").is_pretty
    assert not negotiate.for_objects("application/json, text/plain, */*").is_pretty


def test_discovery():
    """Clients that know the aggregated form get it, under the content type that they recognise; others the old one."""
    aggregated = negotiate.for_discovery(KUBECTL_DISCOVERY)
    assert aggregated.content_type == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    assert negotiate.for_discovery("application/json, */*").transform == ""
    assert negotiate.for_discovery(PROTOBUF).media == PROTOBUF
    assert negotiate.for_discovery(KUBECTL_DISCOVERY.split(",", 1)[1]).version == "v2beta1"


def test_openapi_v2():
    """Protobuf is answered under the one content type that clients can read."""
    protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert negotiate.for_openapi_v2("application/com.github.proto-openapi.spec.v2@v1.0+protobuf").media == protobuf
    assert negotiate.for_openapi_v2(protobuf).content_type == protobuf
    assert negotiate.for_openapi_v2("").media == "application/json"
