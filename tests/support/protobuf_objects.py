"""Another implementation of Kubernetes' protobuf form: Google's library, told the messages by the table.

It writes bodies, so that the reader can be tried on every kind; nothing in it is shared with the reader but the table.
"""

import base64
import datetime as dt
import functools
import json
import random
import string

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from bouvier.apiserver.wire.protobuf.table import VALUES, fields_of, table

MAGIC = b"k8s\x00"
PACKAGE = "kubernetes"
DEEPEST = 12

_FIELD = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "string": _FIELD.TYPE_STRING,
    "bool": _FIELD.TYPE_BOOL,
    "int": _FIELD.TYPE_INT64,
    "double": _FIELD.TYPE_DOUBLE,
    "bytes": _FIELD.TYPE_BYTES,
}
_HELPERS = {
    "json": [("raw", 1, "bytes")],
    "quantity": [("string", 1, "string")],
    "time": [("seconds", 1, "int"), ("nanos", 2, "int")],
    "int-or-string": [("type", 1, "int"), ("intVal", 2, "int"), ("strVal", 3, "string")],
}


def written(api_version, kind, obj):
    """Return the body that a client sends for an object."""
    unknown = _class("Unknown")()
    unknown.typeMeta.apiVersion, unknown.typeMeta.kind = api_version, kind
    name = table().kinds.get((api_version, kind)) or table().kinds["", kind]
    unknown.raw = _message(name, obj).SerializeToString()
    unknown.contentType = unknown.contentEncoding = ""
    return MAGIC + unknown.SerializeToString()


def random_object(api_version, kind, source):
    """Return an object with random content in the form in which the server keeps it."""
    name = table().kinds[api_version, kind]
    return {"apiVersion": api_version, "kind": kind, **_random_fields(name, source, 1)}


def _python_name(name):
    return name.replace(".", "_").replace("-", "_").replace("(", "_").replace(")", "")


@functools.cache
def _pool():
    file = descriptor_pb2.FileDescriptorProto(name="kubernetes.proto", package=PACKAGE, syntax="proto2")
    for name, fields in _HELPERS.items():
        _describe(file, name, fields)
    _describe(file, "TypeMeta", [("apiVersion", 1, "string"), ("kind", 2, "string")])
    unknown = [("typeMeta", 1, "TypeMeta"), ("raw", 2, "bytes"), ("contentEncoding", 3, "string")]
    _describe(file, "Unknown", [*unknown, ("contentType", 4, "string")])
    _describe(file, "items(string)", [("items", 1, "[]string")])
    for name in table().messages:
        fields = [(_field_name(field), field.number, field.type) for field in fields_of(name)]
        _describe(file, name, fields)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool


def _field_name(field):
    """Return a name that protobuf allows."""
    return f"f{field.number}"


def _describe(file, name, fields):
    described = file.message_type.add(name=_python_name(name))
    for field_name, number, type_ in fields:
        _describe_field(described, field_name, number, type_)


def _describe_field(described, name, number, type_):
    field = described.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
    if type_.startswith("{}"):
        entry = described.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        _describe_field(entry, "key", 1, "string")
        _describe_field(entry, "value", 2, type_[2:])
        field.label, field.type = _FIELD.LABEL_REPEATED, _FIELD.TYPE_MESSAGE
        field.type_name = f".{PACKAGE}.{described.name}.{entry.name}"
        return
    if type_.startswith("[]"):
        field.label, type_ = _FIELD.LABEL_REPEATED, type_[2:]
    if type_ in _SCALARS:
        field.type = _SCALARS[type_]
    else:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{PACKAGE}.{_python_name(_helper(type_))}"


def _helper(type_):
    return "time" if type_ == "micro-time" else type_


@functools.cache
def _class(name):
    described = _pool().FindMessageTypeByName(f"{PACKAGE}.{_python_name(_helper(name))}")
    return message_factory.GetMessageClass(described)


def _message(name, obj):
    if name in table().choices:
        return _choice(name, obj)
    built = _class(name)()
    for field in fields_of(name):
        if field.name == "...":
            getattr(built, _field_name(field)).CopyFrom(_message(field.type, obj))
        elif field.name in obj:
            _set(built, _field_name(field), field.type, obj[field.name])
    return built


def _choice(name, value):
    """Write a value as the field whose form it has."""
    built = _class(name)()
    for field in fields_of(name):
        wanted = list if field.type.startswith("[]") else bool if field.type == "bool" else dict
        if isinstance(value, wanted):
            _set(built, _field_name(field), field.type, value)
    return built


def _set(built, name, type_, value):
    if value is None and type_ not in ("time", "micro-time"):
        return
    if type_.startswith("{}"):
        for key, one in value.items():
            if type_[2:] in _SCALARS:
                getattr(built, name)[key] = _plain(type_[2:], one)
            else:
                getattr(built, name)[key].CopyFrom(_single(type_[2:], one))
    elif type_.startswith("[]"):
        getattr(built, name).extend(_single(type_[2:], one) for one in value)
    elif type_ in _SCALARS:
        setattr(built, name, _plain(type_, value))
    else:
        getattr(built, name).CopyFrom(_single(type_, value))


def _plain(type_, value):
    return base64.b64decode(value) if type_ == "bytes" else value


def _single(type_, value):
    if type_ in _SCALARS:
        return _plain(type_, value)
    if type_ == "items(string)":
        return _class(type_)(items=value)
    if type_ not in VALUES:
        return _message(type_, value)
    made = _class(type_)
    if value is None:
        return made()  # Go's clients write a time that was never set as an empty message
    if type_ == "json":
        return made(raw=json.dumps(value).encode())
    if type_ == "quantity":
        return made(string=value)
    if type_ == "int-or-string":
        return made(type=1, strVal=value) if isinstance(value, str) else made(type=0, intVal=value)
    moment = dt.datetime.fromisoformat(value)
    return made(seconds=int(moment.replace(microsecond=0).timestamp()), nanos=moment.microsecond * 1000)


def _random_fields(name, source, depth):
    obj = {}
    for field in fields_of(name):
        if field.name == "...":
            obj.update(_random_fields(field.type, source, depth))
        elif depth <= DEEPEST and source.random() < 2.5 / (depth + 2):
            value = _random_value(field.type, source, depth)
            if value or field.keeps_zero:
                obj[field.name] = value
    return obj


def _random_value(type_, source, depth):
    if type_.startswith("{}"):
        return {_word(source): _random_value(type_[2:], source, depth) for _ in range(source.randint(1, 2))}
    if type_.startswith("[]"):
        return [_random_value(type_[2:], source, depth) for _ in range(source.randint(1, 2))]
    if type_ == "items(string)":
        return [_word(source), _word(source)]
    if type_ in table().choices:
        chosen = source.choice(fields_of(type_))
        return _random_value(chosen.type, source, depth + 1)
    return _RANDOM[type_](source) if type_ in VALUES else _random_fields(type_, source, depth + 1)


def _word(source):
    return "".join(source.choice(string.ascii_letters + "äß/.") for _ in range(source.randint(1, 9)))


def _moment(source, timespec):
    moment = dt.datetime.fromtimestamp(source.randint(1, 4_000_000_000), dt.UTC)
    if timespec == "microseconds":
        moment = moment.replace(microsecond=source.randint(0, 999_999))
    return moment.isoformat(timespec=timespec).replace("+00:00", "Z")


_RANDOM = {
    "string": _word,
    "bool": lambda source: source.random() < 0.5,
    "int": lambda source: source.choice([0, 1, -1, 80, 2**31 - 1, -(2**31), 2**40]),
    "double": lambda source: source.choice([0, 1, -3, 0.5, 1e300]),
    "bytes": lambda source: base64.b64encode(source.randbytes(source.randint(1, 9))).decode(),
    "json": lambda source: source.choice([0, False, "", "ä", 1.5, [], [None], {}, {"a": {"b": [1, "c"]}}]),
    "quantity": lambda source: source.choice(["0", "100m", "1Gi", "-3"]),
    "int-or-string": lambda source: source.choice([0, 80, -1, "50%", "http"]),
    "time": lambda source: _moment(source, "seconds"),
    "micro-time": lambda source: _moment(source, "microseconds"),
}


def seeded(seed):
    """Return a source of random numbers for the functions above."""
    return random.Random(seed)
