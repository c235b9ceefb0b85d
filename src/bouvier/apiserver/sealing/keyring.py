"""The platform's own keys: `pki/seal.keys`, readable by its owner only. The first key writes, every one opens.

The file has the form of `aesgcm` in an EncryptionConfiguration, so a key can be carried over from one to the other. Platforms
of an earlier version have a single key in `seal.key`; it is taken over as the key `1`. So is one that somebody puts there.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bouvier.apiserver.sealing.boxes import KEY_BYTES, AesGcmBox

PROVIDER = "aesgcm"
FIRST = "1"
FILE, OLD_FILE = "seal.keys", "seal.key"


class Key(NamedTuple):
    """One key."""

    name: str
    secret: bytes


class Keyring:
    """The keys of one platform, kept in a file that is replaced in one step."""

    def __init__(self, file: Path, keys: list[Key]) -> None:
        self._file = file
        self._keys = keys
        self._boxes = [_box(key) for key in keys]

    @property
    def names(self) -> list[str]:
        """Names of the keys; the first one writes."""
        return [key.name for key in self._keys]

    @property
    def boxes(self) -> list[AesGcmBox]:
        """A box for each key, in their order."""
        return self._boxes

    def add(self, name: str) -> None:
        """Draw a key that writes from now on."""
        self._keep([Key(name, AESGCM.generate_key(256)), *self._keys])

    def drop_old(self) -> None:
        """Keep only the key that writes."""
        self._keep(self._keys[:1])

    def _keep(self, keys: list[Key]) -> None:
        _write(self._file, keys)
        self._keys = keys
        self._boxes = [_box(key) for key in keys]


def open_ring(folder: Path) -> Keyring:
    """Read the keys of a folder, or draw the first one.

    Raises:
        ValueError: the file is damaged; names the key.

    """
    file, old = folder / FILE, folder / OLD_FILE
    keys = _read(file) if file.exists() else []
    if old.exists():
        secret = old.read_bytes()
        if all(key.secret != secret for key in keys):
            keys.append(Key(FIRST if all(key.name != FIRST for key in keys) else f"{FIRST}-restored", secret))
        _write(file, keys)
        old.unlink()
    if not keys:
        keys = [Key(FIRST, AESGCM.generate_key(256))]
        _write(file, keys)
    return Keyring(file, keys)


def _box(key: Key) -> AesGcmBox:
    return AesGcmBox(f"{PROVIDER}:{key.name}", key.secret)


def _read(file: Path) -> list[Key]:
    try:
        entries = json.loads(file.read_bytes())["keys"]
        keys = [Key(str(entry["name"]), base64.b64decode(entry["secret"], validate=True)) for entry in entries]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f'{file}: expected {{"keys": [{{"name": …, "secret": BASE64}}]}}: {error!r}') from None
    for number, key in enumerate(keys):
        if len(key.secret) not in KEY_BYTES[PROVIDER] or not key.name or ":" in key.name:
            raise ValueError(f"{file}: keys[{number}]: needs a name without a colon and a secret of 16, 24 or 32 bytes")
    if len({key.name for key in keys}) != len(keys):
        raise ValueError(f"{file}: two keys have the same name")
    return keys


def _write(file: Path, keys: list[Key]) -> None:
    """Replace the file so that a crash leaves the one or the other, on the disk and not only in memory."""
    entries = [{"name": key.name, "secret": base64.b64encode(key.secret).decode()} for key in keys]
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as output:
        json.dump({"keys": entries}, output, indent=2)
        output.flush()
        os.fsync(output.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
