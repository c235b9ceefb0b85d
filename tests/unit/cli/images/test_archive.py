"""Images made without a build."""

import hashlib
import io
import json
import tarfile

from bouvier.cli.images.archive import RECIPE_LABEL, File, build_image


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {entry.name: (tar.extractfile(entry) or io.BytesIO()).read() for entry in tar if entry.isfile()}


def test_an_archive_holds_what_its_manifest_names() -> None:
    """Names, digests and layer agree, as an engine checks them."""
    image = build_image("a/b:1", [File("bin/", mode=0o755), File("bin/x", b"hello", 0o755)], {"Cmd": ["x"]})
    files = members(image.archive)

    (manifest,) = json.loads(files["manifest.json"])
    config = json.loads(files[manifest["Config"]])
    (layer,) = (files[name] for name in manifest["Layers"])
    assert manifest["RepoTags"] == ["a/b:1"]
    assert manifest["Config"] == hashlib.sha256(files[manifest["Config"]]).hexdigest() + ".json"
    assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(layer).hexdigest()]
    assert config["config"]["Labels"][RECIPE_LABEL] == image.recipe
    assert members(layer) == {"bin/x": b"hello"}


def test_the_same_files_make_the_same_image() -> None:
    """A second seed finds the first one's image; a changed file does not."""
    files = [File("x", b"1"), File("y", link="x")]

    assert build_image("a:1", files, {}) == build_image("a:1", files, {})
    assert build_image("a:1", [File("x", b"2")], {}).recipe != build_image("a:1", files, {}).recipe
