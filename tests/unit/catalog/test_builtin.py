"""The entries that the platform brings with it."""

from typing import Any

import pytest

from bouvier.catalog.entries import Entry
from bouvier.catalog.gotemplate import TemplateError
from bouvier.catalog.helm.folders import read_catalog
from bouvier.catalog.helm.loading import load_folder
from bouvier.catalog.helm.rendering import ReleaseFacts, Rendered, render
from bouvier.catalog.sources.library import builtin_folder
from bouvier.cli.images.names import MADE_HERE, SERVERS, SMALL
from bouvier.cli.images.recipes import RECIPES
from bouvier.cli.images.servers import ON_DEMAND

ENTRIES = {entry.name: entry for entry in read_catalog(builtin_folder())[0]}
Obj = dict[str, Any]


def rendered(name: str, values: Obj | None = None, present: list[Obj] | None = None) -> Rendered:
    """Return what an entry becomes in a cluster with the objects that are named."""

    def lookup(_api_version: str, kind: str, _namespace: str, name: str) -> Obj:
        found = [one for one in present or () if one["kind"] == kind]
        if not name:
            return {"items": found}
        return next((one for one in found if one["metadata"]["name"] == name), {})

    return render(load_folder(builtin_folder() / name), values or {}, ReleaseFacts("rel", "ns"), lookup=lookup)


def by_kind(made: Rendered) -> dict[str, Obj]:
    return {one.obj["kind"]: one.obj for one in made.manifests}


def storage_class(name: str, *, default: bool = False) -> Obj:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {"kind": "StorageClass", "metadata": {"name": name, "annotations": annotations}}


def test_nothing_is_left_out() -> None:
    """Every folder is an entry without problems."""
    assert read_catalog(builtin_folder())[1] == []
    assert sorted(ENTRIES) == ["nginx", "postgresql", "redis", "sample"]


def test_names_of_images_have_recipes() -> None:
    """What a host says it can make, it can make."""
    assert set(RECIPES) == set(SMALL)
    assert set(ON_DEMAND) == set(SERVERS)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=list(ENTRIES))
def test_an_entry_runs_on_its_defaults(entry: Entry) -> None:
    """Its images are made on the host, its command knows them, every default fits its question, and notes tell more."""
    made = rendered(entry.name)
    images = {one["image"] for one in by_kind(made)["Deployment"]["spec"]["template"]["spec"]["containers"]}
    assert images <= set(entry.images) <= MADE_HERE
    assert made.notes
    assert entry.versions[0].questions


@pytest.mark.parametrize("name", ["postgresql", "redis"])
def test_a_drawn_password_is_kept(name: str) -> None:
    """What is in the Secret stays; another answer replaces it."""
    first = by_kind(rendered(name))["Secret"]
    assert first["data"]["password"] != by_kind(rendered(name))["Secret"]["data"]["password"]
    assert by_kind(rendered(name, present=[first]))["Secret"]["data"] == first["data"]
    assert by_kind(rendered(name, {"password": "x"}, [first]))["Secret"]["data"] == {"password": "eA=="}


@pytest.mark.parametrize("name", ["postgresql", "redis"])
def test_data_is_kept_where_there_is_storage(name: str) -> None:
    """On the default class, or the one of the claim that there is; claim and password outlive the release."""
    assert "PersistentVolumeClaim" not in by_kind(rendered(name))
    assert "PersistentVolumeClaim" not in by_kind(rendered(name, {"storage": {"keep": False}}, [storage_class("a")]))
    made = by_kind(rendered(name, present=[storage_class("a"), storage_class("b", default=True)]))
    assert made["PersistentVolumeClaim"]["spec"]["storageClassName"] == "b"
    for kind in ("PersistentVolumeClaim", "Secret"):
        assert made[kind]["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"

    claim = made["PersistentVolumeClaim"]
    again = by_kind(rendered(name, present=[storage_class("c", default=True), claim]))
    assert again["PersistentVolumeClaim"]["spec"] == claim["spec"]


@pytest.mark.parametrize("name", ["postgresql", "redis"])
def test_data_that_cannot_be_kept_is_refused(name: str) -> None:
    """Asked for by name, it is not silently lost."""
    with pytest.raises(TemplateError, match="the platform has no storage class to keep data with"):
        rendered(name, {"storage": {"keep": "true"}})


def test_what_a_name_serves() -> None:
    """An Ingress only with a host name; pages of any file name."""
    assert "Ingress" not in by_kind(rendered("nginx"))
    made = by_kind(rendered("nginx", {"host": "a.example", "pages": {"index.html": "<h1>", "b.css": "x"}}))
    assert made["Ingress"]["spec"]["rules"][0]["host"] == "a.example"
    assert made["ConfigMap"]["data"]["page-index.html"] == "<h1>"
