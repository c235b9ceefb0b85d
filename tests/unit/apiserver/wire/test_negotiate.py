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
    ],
)
def test_objects(accept, media, transform, version):
    """Tables, metadata, YAML and plain JSON are chosen as asked."""
    rendering = negotiate.for_objects(accept)
    assert (rendering.media, rendering.transform, rendering.version) == (media, transform, version)


@pytest.mark.parametrize(
    "accept",
    ["application/cbor", "application/vnd.kubernetes.protobuf", "text/html", "application/json;q=0", "*/*;q=x"],
)
def test_nothing_fits(accept):
    """A client that takes nothing of what is offered is told what is."""
    with pytest.raises(ApiError, match="only the following media types are accepted: application/json") as caught:
        negotiate.for_objects(accept)
    assert (caught.value.code, caught.value.reason) == (406, "NotAcceptable")


def test_discovery():
    """Clients that know the aggregated form get it, under the content type that they recognise; others the old one."""
    aggregated = negotiate.for_discovery(KUBECTL_DISCOVERY)
    assert aggregated.content_type == "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    assert negotiate.for_discovery("application/json, */*").transform == ""
    assert negotiate.for_discovery(KUBECTL_DISCOVERY.split(",", 1)[1]).version == "v2beta1"


def test_openapi_v2():
    """Protobuf is answered under the one content type that clients can read."""
    protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
    assert negotiate.for_openapi_v2("application/com.github.proto-openapi.spec.v2@v1.0+protobuf").media == protobuf
    assert negotiate.for_openapi_v2(protobuf).content_type == protobuf
    assert negotiate.for_openapi_v2("").media == "application/json"
