"""JSON, YAML, TOML, base 64 and 32, URLs, paths and checksums."""

from __future__ import annotations

import base64
import binascii
import hashlib
import posixpath
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from bouvier.catalog.documents.json_text import read_json, write_json
from bouvier.catalog.documents.toml_text import read_toml, write_toml
from bouvier.catalog.documents.yaml_reading import read_yaml
from bouvier.catalog.documents.yaml_writing import write_yaml
from bouvier.catalog.gotemplate.errors import FunctionError
from bouvier.catalog.gotemplate.functions import Function, function
from bouvier.catalog.gotemplate.values import Record


def plain(value: Any) -> Any:
    """Return a value with records as maps and bytes as text, for writing."""
    if isinstance(value, Record):
        return {name: plain(field) for name, field in value.fields.items()}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _quiet(call: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return the function as Helm has it without `must`: nothing instead of an error."""

    def answer(value: Any) -> str:
        try:
            return call(value)
        except (ValueError, TypeError):
            return ""

    return answer


def _to_yaml(value: Any) -> str:
    return write_yaml(plain(value)).removesuffix("\n")


def _must(call: Callable[[Any], Any], form: str) -> Callable[[Any], Any]:
    def answer(value: Any) -> Any:
        try:
            return call(value)
        except (ValueError, TypeError) as error:
            raise FunctionError(f"{form}: {error}") from None

    return answer


def _read_map(read: Callable[[str], Any], text: str) -> dict[str, Any]:
    """Return the map in a text; a text that holds none gives a map with the key `Error`, as in Helm."""
    try:
        value = read(text)
    except ValueError as error:
        return {"Error": str(error)}
    if value is None or isinstance(value, dict):
        return value or {}
    return {"Error": f"the text holds no map but {type(value).__name__}"}


def _read_list(read: Callable[[str], Any], text: str) -> list[Any]:
    try:
        value = read(text)
    except ValueError as error:
        return [str(error)]
    if value is None or isinstance(value, list):
        return value or []
    return [f"the text holds no list but {type(value).__name__}"]


def _bytes(value: str) -> bytes:
    return value.encode(errors="surrogateescape")


def _b64dec(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode(errors="surrogateescape")
    except binascii.Error as error:
        return f"illegal base64 data: {error}"


def _b32dec(text: str) -> str:
    try:
        return base64.b32decode(text).decode(errors="surrogateescape")
    except binascii.Error as error:
        return f"illegal base32 data: {error}"


def _url_parse(text: str) -> dict[str, str]:
    parts = urlsplit(text)
    return {
        "scheme": parts.scheme,
        "host": parts.netloc.rpartition("@")[2],
        "hostname": parts.hostname or "",
        "path": parts.path,
        "query": parts.query,
        "opaque": "",
        "fragment": parts.fragment,
        "userinfo": parts.netloc.rpartition("@")[0],
    }


def _url_join(parts: dict[str, str]) -> str:
    user = parts.get("userinfo", "")
    host = (user + "@" if user else "") + parts.get("host", "")
    names = ("path", "query", "fragment")
    return urlunsplit((parts.get("scheme", ""), host, *(parts.get(name, "") for name in names)))


def _base(path: str) -> str:
    if not path:
        return "."
    return posixpath.basename(path.rstrip("/")) or "/"


def _dir(path: str) -> str:
    folder = path.rpartition("/")[0] if "/" in path else ""
    return _clean(folder or ("/" if path.startswith("/") else ""))


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path) if path else "."
    return "/" + cleaned.lstrip("/") if cleaned.startswith("//") else cleaned


def _extension(path: str) -> str:
    name = path.rpartition("/")[2]
    return name[name.rindex(".") :] if "." in name else ""


def _digest(name: str) -> Function:
    return function("s", lambda text: hashlib.new(name, _bytes(text)).hexdigest())


_JSON_PRETTY = "  "

FUNCTIONS: dict[str, Function] = {
    "toYaml": function("a", _quiet(_to_yaml)),
    "mustToYaml": function("a", _must(_to_yaml, "toYaml")),
    "toYamlPretty": function("a", _quiet(lambda value: write_yaml(plain(value), indent_lists=True).removesuffix("\n"))),
    "fromYaml": function("s", lambda text: _read_map(read_yaml, text)),
    "fromYamlArray": function("s", lambda text: _read_list(read_yaml, text)),
    "toToml": function("a", _quiet(lambda value: write_toml(plain(value)))),
    "mustToToml": function("a", _must(lambda value: write_toml(plain(value)), "toToml")),
    "fromToml": function("s", lambda text: _read_map(read_toml, text)),
    "toJson": function("a", _quiet(lambda value: write_json(plain(value)))),
    "mustToJson": function("a", _must(lambda value: write_json(plain(value)), "toJson")),
    "toPrettyJson": function("a", _quiet(lambda value: write_json(plain(value), indent=_JSON_PRETTY))),
    "mustToPrettyJson": function("a", _must(lambda value: write_json(plain(value), indent=_JSON_PRETTY), "toJson")),
    "toRawJson": function("a", _quiet(lambda value: write_json(plain(value), for_html=False))),
    "mustToRawJson": function("a", _must(lambda value: write_json(plain(value), for_html=False), "toJson")),
    "fromJson": function("s", lambda text: _read_map(read_json, text)),
    "fromJsonArray": function("s", lambda text: _read_list(read_json, text)),
    "mustFromJson": function("s", _must(read_json, "fromJson")),
    "b64enc": function("s", lambda text: base64.b64encode(_bytes(text)).decode()),
    "b64dec": function("s", _b64dec),
    "b32enc": function("s", lambda text: base64.b32encode(_bytes(text)).decode()),
    "b32dec": function("s", _b32dec),
    "urlParse": function("s", _url_parse),
    "urlJoin": function("d", _url_join),
    "base": function("s", _base),
    "dir": function("s", _dir),
    "clean": function("s", _clean),
    "ext": function("s", _extension),
    "isAbs": function("s", lambda path: path.startswith("/")),
    "osBase": function("s", _base),
    "osDir": function("s", _dir),
    "osClean": function("s", _clean),
    "osExt": function("s", _extension),
    "osIsAbs": function("s", lambda path: path.startswith("/")),
    "sha1sum": _digest("sha1"),
    "sha256sum": _digest("sha256"),
    "sha512sum": _digest("sha512"),
    "adler32sum": function("s", lambda text: str(zlib.adler32(_bytes(text)))),
    "getHostByName": function("s", lambda _name: ""),
}
