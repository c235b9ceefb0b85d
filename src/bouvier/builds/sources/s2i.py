"""Source-to-image as a Dockerfile: the builder image's scripts, or the source's own from `.s2i/bin`. Pure.

Source: OpenShift "Creating images from source code with source-to-image", `s2i build --as-dockerfile`.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from bouvier.builds.sources.dockerfile import quoted

SCRIPTS = "/usr/libexec/s2i"
UPLOAD = "upload/src/"
"""Where the source lies in the context."""
SOURCE = "/tmp/src"  # noqa: S108 - inside the image, as S2I has it
OWN_SCRIPTS = ".s2i/bin"
USER = "1001"
"""User of assemble and run, as S2I's builder images have it."""


def dockerfile(image: str, environment: Mapping[str, str], files: Container[str], settings: Sequence[str]) -> str:
    """Return the Dockerfile; `files` tells which scripts the source has, `settings` are names of build arguments."""
    lines = [f"FROM {image}", *(f"ENV {name}={quoted(value)}" for name, value in environment.items())]
    lines += [
        f"LABEL io.openshift.s2i.build.image={quoted(image)}",
        "USER root",
        f"COPY {UPLOAD} {SOURCE}/",
        f"RUN chown -R {USER}:0 {SOURCE}",
        f"USER {USER}",
        *(f"ARG {name}" for name in settings),
        f"RUN {_script('assemble', files)}",
    ]
    own_run = f"{OWN_SCRIPTS}/run" in files
    # The assemble script moves the source to its place: a run script of its own is kept where nothing moves it.
    if own_run:
        lines.insert(5, f"COPY {UPLOAD}{OWN_SCRIPTS}/run /opt/app-root/run")
    run = "/opt/app-root/run" if own_run else f"{SCRIPTS}/run"
    return "\n".join([*lines, f'CMD ["{run}"]']) + "\n"


def _script(name: str, files: Container[str]) -> str:
    return f"{SOURCE}/{OWN_SCRIPTS}/{name}" if f"{OWN_SCRIPTS}/{name}" in files else f"{SCRIPTS}/{name}"
