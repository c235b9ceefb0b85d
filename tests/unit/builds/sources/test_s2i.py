"""Source-to-image as a Dockerfile."""

from bouvier.builds.sources.s2i import dockerfile


def test_scripts_of_the_image() -> None:
    """The source goes to /tmp/src, assemble runs as an ordinary user, settings do not stay in the image."""
    lines = dockerfile("builder:1", {"A": "1"}, set(), ["PIP_INDEX_URL"]).splitlines()
    assert lines[:2] == ["FROM builder:1", 'ENV A="1"']
    assert lines.index("USER 1001") < lines.index("RUN /usr/libexec/s2i/assemble")
    assert "ARG PIP_INDEX_URL" in lines
    assert lines[-1] == 'CMD ["/usr/libexec/s2i/run"]'


def test_scripts_of_the_source_come_first() -> None:
    """.s2i/bin of the source replaces the builder's scripts."""
    lines = dockerfile("builder:1", {}, {".s2i/bin/assemble", ".s2i/bin/run"}, []).splitlines()
    assert "RUN /tmp/src/.s2i/bin/assemble" in lines
    assert lines[-1] == 'CMD ["/opt/app-root/run"]'
    assert any(line.startswith("COPY upload/src/.s2i/bin/run") for line in lines)
