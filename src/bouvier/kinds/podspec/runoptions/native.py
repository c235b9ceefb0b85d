"""The annotation's options as the engine's own configuration. Pure.

The annotation `engine.bouvier.io/container.NAME` of a pod holds a JSON object: option name → value, as the table types
it. Values keep docker's spelling; the engine has the last word on what it can do.
Source: Docker Engine API, ContainerCreate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bouvier.kinds.podspec.runoptions.extended import ANNOTATED
from bouvier.kinds.podspec.runoptions.option import Form, Place

PREFIX = "engine.bouvier.io/container."
Options = Mapping[str, Any]
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([bkmgtp]?)(?:i?b)?", re.IGNORECASE)
_DEVICE_MODE = re.compile(r"[rwm]{1,3}")


def options_of(annotations: Mapping[str, str] | None, container: str) -> dict[str, Any]:
    """Return the options of a container, none for a pod without them."""
    text = (annotations or {}).get(PREFIX + container)
    found: dict[str, Any] = json.loads(text) if text else {}
    return found


def native_of(options: Options, place: Place = Place.CONTAINER) -> dict[str, Any]:
    """Return the engine's configuration that the options ask for, of the container or of its sandbox.

    Raises:
        ValueError: a value has another form; the text names the option.
    """
    config: dict[str, Any] = {}
    for name, value in options.items():
        option = ANNOTATED.get(name)
        if option is None or option.place is not place or not option.where[0].isupper():
            continue
        *path, key = option.where.split(".")
        holder = config
        for part in path:
            holder = holder.setdefault(part, {})
        holder[key] = _converted(name, value)
    return config


def problem_of(name: str, value: Any) -> str:
    """Return what is wrong with one option of the annotation, nothing when it is right."""
    option = ANNOTATED.get(name)
    if option is None:
        return "no option that stands here; see docs/run-options.md"
    if not _FITS[option.form](value):
        return f"must be {_WORDS[option.form]}"
    try:
        _converted(name, value)
    except ValueError as error:
        return str(error)
    return ""


def size_bytes(text: str) -> int:
    """Return the bytes of a docker size; -1 stays.

    Raises:
        ValueError: the text has another form.
    """
    if text.strip() == "-1":
        return -1
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text}: expected a size such as 512m")
    return int(float(found[1]) * 1024 ** "bkmgtp".index(found[2].lower() or "b"))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


_FITS: dict[Form, Callable[[Any], bool]] = {
    Form.FLAG: lambda value: isinstance(value, bool),
    Form.TEXT: lambda value: isinstance(value, str) and bool(value),
    Form.NUMBER: _is_number,
    Form.MANY: _is_texts,
}
_WORDS = {
    Form.FLAG: "true or false",
    Form.TEXT: "a text",
    Form.NUMBER: "a whole number",
    Form.MANY: "a list of texts",
}


def _converted(name: str, value: Any) -> Any:
    convert = _CONVERSIONS.get(name)
    return convert(value) if convert else value


def _pair(text: str, sign: str, expected: str) -> tuple[str, str]:
    first, found, last = text.rpartition(sign) if sign == ":" else text.partition(sign)
    if not found or not first:
        raise ValueError(f"{text}: expected {expected}")
    return first, last


def _pairs(texts: Sequence[str]) -> dict[str, str]:
    return dict(_pair(text, "=", "NAME=VALUE") for text in texts)


def _rates(key: str, read: Callable[[str], int]) -> Callable[[Sequence[str]], list[dict[str, Any]]]:
    def convert(texts: Sequence[str]) -> list[dict[str, Any]]:
        found = [_pair(text, ":", f"/dev/DISK:{key.upper()}") for text in texts]
        return [{"Path": path, key: _checked(read, value)} for path, value in found]

    return convert


def _checked(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text)
    except ValueError:
        raise ValueError(f"{text}: expected a number") from None


def _devices(texts: Sequence[str]) -> list[dict[str, str]]:
    return [_device(text) for text in texts]


def _device(text: str) -> dict[str, str]:
    parts = text.split(":")
    outside, inside, mode = parts[0], parts[0], "rwm"
    if len(parts) > 3 or not outside:
        raise ValueError(f"{text}: expected /dev/X[:/dev/Y[:rwm]]")
    if len(parts) == 2 and _DEVICE_MODE.fullmatch(parts[1]):
        mode = parts[1]
    elif len(parts) > 1:
        inside, mode = parts[1], parts[2] if len(parts) == 3 else mode
    return {"PathOnHost": outside, "PathInContainer": inside, "CgroupPermissions": mode}


def _ulimits(texts: Sequence[str]) -> list[dict[str, Any]]:
    limits = []
    for text in texts:
        name, values = _pair(text, "=", "NAME=SOFT[:HARD]")
        soft, _, hard = values.partition(":")
        limits.append({"Name": name, "Soft": _checked(int, soft), "Hard": _checked(int, hard or soft)})
    return limits


def _gpus(text: str) -> list[dict[str, Any]]:
    count = -1 if text == "all" else _checked(int, text.removeprefix("count="))
    return [{"Driver": "", "Count": count, "DeviceIDs": None, "Capabilities": [["gpu"]], "Options": {}}]


def _mounts(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [_mount(text) for text in texts]


def _mount(text: str) -> dict[str, Any]:
    keys: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        keys[_MOUNT_ALIASES.get(name, name)] = value if equals else "true"
    if not keys.get("target"):
        raise ValueError(f"{text}: target=/PATH is needed")
    options: dict[str, Any] = {}
    if keys.get("volume-nocopy") in ("true", "1"):
        options["NoCopy"] = True
    if keys.get("volume-driver"):
        options["DriverConfig"] = {"Name": keys["volume-driver"]}
    if keys.get("volume-subpath"):
        options["Subpath"] = keys["volume-subpath"]
    entry: dict[str, Any] = {
        "Type": keys.get("type", "volume"),
        "Source": keys.get("source", ""),
        "Target": keys["target"],
    }
    entry |= {"ReadOnly": True} if keys.get("readonly") in ("true", "1") else {}
    return entry | ({"VolumeOptions": options} if options else {})


_MOUNT_ALIASES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "blkio-weight-device": _rates("Weight", int),
    "device": _devices,
    "device-read-bps": _rates("Rate", size_bytes),
    "device-read-iops": _rates("Rate", int),
    "device-write-bps": _rates("Rate", size_bytes),
    "device-write-iops": _rates("Rate", int),
    "gpus": _gpus,
    "kernel-memory": size_bytes,
    "log-opt": _pairs,
    "memory-swap": size_bytes,
    "mount": _mounts,
    "storage-opt": _pairs,
    "ulimit": _ulimits,
}
