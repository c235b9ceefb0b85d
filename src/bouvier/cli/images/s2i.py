"""Builder images for source-to-image, made on this machine from Debian's packages: Python with pip, and Node.

Applications live in /opt/app-root/src and run as user 1001. Certificates are those of the host, so that an index which
the host reaches is reached by builds. Debian's npm is three hundred packages; the host's own npm is taken along instead,
and without one a project with dependencies is refused by its assemble script.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from bouvier.cli.images.archive import File, Image, build_image
from bouvier.cli.images.debian import Say, collect, quiet
from bouvier.cli.images.names import S2I_NODEJS, S2I_PYTHON
from bouvier.cli.images.recipes import busybox_files
from bouvier.cli.preflight.requirements import find_program

PORT = "8080"
HOME = "/opt/app-root"
SCRIPTS = "usr/libexec/s2i"
DEBIAN_NODE = Path("/usr/share/nodejs")
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_ACCOUNT = b"default:x:1001:0:application:/opt/app-root/src:/bin/sh\n"
_PATH = f"{HOME}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PYTHON_PACKAGES = (
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
    "python3-pip",
    "python3-setuptools",
    "python3-pkg-resources",
    "python3-wheel",
    "media-types",
)
_NODE_PARTS = ("node-acorn", "node-busboy", "node-cjs-module-lexer", "node-undici", "node-xtend")
"""Debian keeps these parts of Node outside of it; without them it does not start."""


def python_image(say: Say = quiet) -> Image:
    """Return `bouvier/s2i-python:3.11`."""
    taken = collect(
        _PYTHON_PACKAGES,
        ["usr/bin/python3.11", "usr/lib/python3.11/", "usr/lib/python3/dist-packages/", "etc/mime.types"],
        # Without Debian's mark that pip must leave the installation alone: an image is nobody else's installation.
        without=("usr/lib/python3.11/EXTERNALLY-MANAGED", "usr/lib/python3.11/test/"),
        say=say,
    )
    links = [File(f"usr/bin/{name}", link="python3.11") for name in ("python", "python3")]
    environment = [
        f"PYTHONUSERBASE={HOME}",
        "PYTHONUNBUFFERED=1",
        "PIP_DISABLE_PIP_VERSION_CHECK=1",
        "PIP_NO_WARN_SCRIPT_LOCATION=1",
        "PIP_CERT=/etc/ssl/certs/ca-certificates.crt",
    ]
    return _image(S2I_PYTHON, "python", [*taken, *links], environment)


def nodejs_image(say: Say = quiet) -> Image:
    """Return `bouvier/s2i-nodejs:18`."""
    packages = [_debian_node(), "libnode108", *_NODE_PARTS]
    taken = collect(packages, ["usr/bin/node", "usr/bin/nodejs", "usr/share/nodejs/"], say=say)
    present = {file.path for file in taken}
    npm = [file for file in _npm() if file.path not in present]
    environment = ["NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt", f"npm_config_cache={HOME}/.npm"]
    return _image(S2I_NODEJS, "nodejs", [*taken, *npm], environment)


def _debian_node() -> str:
    """Return Debian's package of Node by its version: the host may have another one under the same name."""
    shown = subprocess.run(["apt-cache", "policy", "libnode108"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Candidate: (\S+)", shown)
    return f"nodejs={found[1]}" if found and found[1] != "(none)" else "nodejs"


def _image(name: str, language: str, content: list[File], environment: list[str]) -> Image:
    folder = files("bouvier.cli.images") / "s2i_files" / language
    scripts = [File(f"{SCRIPTS}/{one}", (folder / one).read_bytes(), 0o755) for one in ("assemble", "run")]
    # Writable for everybody: which user builds and runs is for the platform to say.
    places = [File(f"opt/app-root/{one}", mode=0o777) for one in ("", "src/", "bin/")]
    settings = {
        "Cmd": [f"/{SCRIPTS}/run"],
        "Env": [f"PATH={_PATH}", f"HOME={HOME}/src", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt", *environment],
        "ExposedPorts": {f"{PORT}/tcp": {}},
        "Labels": {
            "io.openshift.s2i.scripts-url": f"image:///{SCRIPTS}",
            "io.openshift.expose-services": f"{PORT}:http",
        },
        "User": "1001",
        "WorkingDir": f"{HOME}/src",
    }
    return build_image(name, [*_base(), *content, *scripts, *places], settings)


def _base() -> Iterator[File]:
    for file in busybox_files():
        yield file._replace(content=file.content + _ACCOUNT) if file.path == "etc/passwd" else file
    if CERTIFICATES.exists():
        yield File("etc/ssl/certs/ca-certificates.crt", CERTIFICATES.read_bytes())


def _npm() -> Iterator[File]:
    """Yield the host's npm with everything that it needs; nothing where the host has none."""
    program = find_program("npm")
    if program is None:
        return
    script = Path(program).resolve()
    folder = script.parents[1]
    # Debian spreads npm's own packages over the folder above; others bring them inside.
    root = folder.parent if folder.parent == DEBIAN_NODE else folder
    for path in sorted(root.rglob("*")):
        name = str(path).lstrip("/")
        if path.is_symlink():
            yield File(name, link=str(path.readlink()))
        elif path.is_file():
            yield File(name, path.read_bytes(), path.stat().st_mode & 0o777)
    for command, target in (("npm", script), ("npx", script.with_name("npx-cli.js"))):
        yield File(f"usr/bin/{command}", link=str(target))
