"""How a source is built, by its files."""

import pytest

from bouvier.builds.sources.detect import detect


def test_languages_by_their_marks() -> None:
    """A Dockerfile decides unless another strategy is asked for."""
    assert detect({"Dockerfile", "package.json"})[:2] == ("Docker", "docker")
    assert detect({"Dockerfile", "package.json"}, "source")[:2] == ("Source", "nodejs")
    assert detect({"requirements.txt"}).language == "python"
    assert detect({"pyproject.toml"}).image == "bouvier/s2i-python:3.11"


@pytest.mark.parametrize(
    ("files", "strategy", "way_out"),
    [
        (set(), "", "add a Dockerfile, requirements.txt"),
        ({"pom.xml"}, "", r"no builder for Java \(pom.xml\): add a Dockerfile"),
        ({"package.json"}, "docker", "has no Dockerfile"),
        ({"Dockerfile"}, "source", "nothing in the source says"),
    ],
)
def test_what_cannot_be_built_names_the_way_out(files: set[str], strategy: str, way_out: str) -> None:
    """Each refusal says what to add."""
    with pytest.raises(ValueError, match=way_out):
        detect(files, strategy)
