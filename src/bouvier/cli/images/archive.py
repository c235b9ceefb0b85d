"""Images made without a build: one layer from a list of files, in the form that `docker load` takes.

The same files always give the same bytes, so an image that is already there is known by its digest and not sent again.
Source: Docker Image Specification v1.2 (config and the combined archive with `manifest.json`).
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

CREATED = "2026-01-01T00:00:00Z"
"""Fixed, because a clock would make every build another image."""
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "riscv64": "riscv64", "ppc64le": "ppc64le"}
"""The names of `uname -m` in the words of images."""
RECIPE_LABEL = "io.bouvier.recipe"
"""Digest of layer and settings, by which an image that is already in the engine is known."""


class File(NamedTuple):
    """One entry of a layer: a file, a symbolic link when `link` is set, a folder when the path ends with a slash."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""


class Image(NamedTuple):
    """An image to load."""

    name: str
    """With tag, such as `bouvier/pause:1`."""
    archive: bytes
    recipe: str
    """The value of its recipe label."""


def build_layer(files: Sequence[File]) -> bytes:
    """Return the tar of a layer."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            _add(tar, file.path, file.content, mode=file.mode, link=file.link)
    return buffer.getvalue()


def build_image(name: str, files: Sequence[File], settings: Mapping[str, Any]) -> Image:
    """Return the image `name`; `settings` is the container configuration (Entrypoint, Cmd, Env, …)."""
    layer = build_layer(files)
    layer_digest = hashlib.sha256(layer).hexdigest()
    recipe = hashlib.sha256(layer + json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    labels = {**settings.get("Labels", {}), RECIPE_LABEL: recipe}
    config = _to_json(
        {
            "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
            "os": "linux",
            "created": CREATED,
            "config": {**settings, "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_digest}"]},
            "history": [{"created": CREATED, "created_by": "bouvier images seed"}],
        }
    )
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    layer_name = f"{layer_digest}/layer.tar"
    manifest = _to_json([{"Config": config_name, "RepoTags": [name], "Layers": [layer_name]}])
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, layer_name, layer)
        _add(tar, config_name, config)
        _add(tar, "manifest.json", manifest)
    return Image(name, buffer.getvalue(), recipe)


def _add(tar: tarfile.TarFile, path: str, content: bytes, *, mode: int = 0o644, link: str = "") -> None:
    entry = tarfile.TarInfo(path.rstrip("/"))
    entry.mode = mode
    if link:
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    elif path.endswith("/"):
        entry.type = tarfile.DIRTYPE
    else:
        entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content) if entry.size else None)


def _to_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
