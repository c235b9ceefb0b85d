"""Which version of an entry is meant."""

from typing import Any

import pytest

from bouvier.catalog.entries import CatalogError, choose, default_version, is_newer, newest_version, object_name


def entry(form: str, *versions: str, default: str = "") -> dict[str, Any]:
    made = {"name": "web", "format": form, "versions": [{"version": version} for version in versions]}
    return made | ({"defaultVersion": default} if default else {})


def test_a_chart_of_no_wish_is_the_newest_release() -> None:
    """Pre-releases are only taken when they are named, or when there is nothing else."""
    assert newest_version(entry("chart", "2.0.0-rc.1", "1.4.0", "1.0.0")) == "1.4.0"
    assert newest_version(entry("chart", "2.0.0-rc.1")) == "2.0.0-rc.1"
    assert choose([{"version": "v1.0.0"}], "1.0", "web")["version"] == "v1.0.0"


def test_a_compose_template_is_what_its_catalog_says() -> None:
    """The order is that of the folders; `version` of config.yml is what is offered."""
    spec = entry("compose", "latest", "1.2-rancher1", "1.3", default="1.3")
    assert (newest_version(spec), default_version(spec)) == ("latest", "1.3")
    assert is_newer(spec, "1.2-rancher1", "1.3")
    assert not is_newer(spec, "1.3", "latest")


def test_a_version_that_left_the_catalog_is_compared_by_its_number() -> None:
    """An installed version need not be offered any more."""
    assert is_newer(entry("chart", "1.1.0"), "1.1.0", "1.0.9")
    assert not is_newer(entry("compose", "build-7"), "build-7", "build-6")


def test_a_version_that_is_not_there() -> None:
    """The error offers what there is."""
    with pytest.raises(CatalogError, match=r"web has no version 3\.0; there are 1\.0, 0\.9"):
        choose([{"version": "1.0"}, {"version": "0.9"}], "3.0", "web")
    with pytest.raises(CatalogError, match="web has no versions"):
        choose([], "", "web")


def test_names_of_objects() -> None:
    """Any folder's name becomes one that the API takes."""
    assert object_name("farm", "Web App!") == "farm.web-app"
