"""The offline images, made on this machine from Debian's catatonit and busybox-static.

`bouvier/pause:1` holds a pod's namespaces; `bouvier/busybox:1` is a shell with the usual small programs;
`bouvier/sample:1` and `:2` are an HTTP application in two versions, to try upgrades with.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from bouvier.cli.images.archive import File, Image, build_image
from bouvier.cli.images.names import BUSYBOX, PAUSE, SAMPLES
from bouvier.cli.preflight.requirements import find_program, is_static_program

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
SAMPLE_PORT = 8080


class RecipeError(Exception):
    """An image cannot be made here; the text says what is missing."""


def pause_image() -> Image:
    """Return `bouvier/pause:1`."""
    program = _static_program("catatonit", "catatonit")
    return build_image(PAUSE, [File("pause", program, 0o755)], {"Entrypoint": ["/pause", "-P"]})


def busybox_image() -> Image:
    """Return `bouvier/busybox:1`."""
    return build_image(BUSYBOX, busybox_files(), {"Cmd": ["sh"], "Env": [PATH]})


def sample_image(version: str) -> Image:
    """Return `bouvier/sample:VERSION`."""
    folder = files("bouvier.cli.images") / "sample"
    scripts = [File("sample/", mode=0o755)]
    scripts += [File(f"sample/{name}", (folder / name).read_bytes(), 0o755) for name in ("start", "answer")]
    settings = {
        "Entrypoint": ["/sample/start"],
        "Env": [PATH, f"SAMPLE_VERSION={version}"],
        "ExposedPorts": {f"{SAMPLE_PORT}/tcp": {}},
        "Labels": {"org.opencontainers.image.version": version},
    }
    return build_image(f"bouvier/sample:{version}", busybox_files() + scripts, settings)


RECIPES: dict[str, Callable[[], Image]] = {
    PAUSE: pause_image,
    BUSYBOX: busybox_image,
    SAMPLES[0]: lambda: sample_image("1"),
    SAMPLES[1]: lambda: sample_image("2"),
}


def busybox_files() -> list[File]:
    """Return the files of a shell with the usual small programs."""
    program = _static_program("busybox", "busybox-static")
    applets = subprocess.run([_path_of("busybox"), "--list"], capture_output=True, text=True, check=True).stdout.split()
    return [
        File("bin/", mode=0o755),
        File("bin/busybox", program, 0o755),
        *(File(f"bin/{applet}", link="busybox") for applet in applets if applet != "busybox"),
        File("usr/", mode=0o755),
        File("usr/bin/", mode=0o755),
        File("usr/bin/env", link="/bin/busybox"),
        File("etc/", mode=0o755),
        File("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n"),
        File("etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
        File("root/", mode=0o700),
        File("tmp/", mode=0o1777),
    ]


def _path_of(name: str) -> str:
    path = find_program(name)
    if path is None:
        raise RecipeError(f"{name} is not on this machine: run  bouvier check --install")
    return path


def _static_program(name: str, package: str) -> bytes:
    content = Path(_path_of(name)).read_bytes()
    if not is_static_program(content[:4096]):
        raise RecipeError(f"{name} here needs the host's libraries: install the Debian package {package}")
    return content
