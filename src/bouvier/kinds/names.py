"""The forms of names, labels and annotations, with the messages that Kubernetes gives.

Every function returns the messages of what is wrong, empty when nothing is.
Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and RFC 1035, RFC 1123.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache, wraps
from ipaddress import ip_address

LABEL_LENGTH = 63
"""Longest DNS label (RFC 1035, 2.3.4); also the longest label value and name part."""
SUBDOMAIN_LENGTH = 253
"""Longest DNS name in text form (RFC 1035's 255 octets less the length octet and the root)."""
ANNOTATIONS_BYTES = 256 * 1024
"""Keys and values of one object's annotations together."""

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_QUALIFIED = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_QUALIFIED})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_ENV_NAME = "[-._a-zA-Z][-._a-zA-Z0-9]*"
_PATTERNS = {
    form: re.compile(form) for form in (_LABEL, _SUBDOMAIN, _DNS1035, _QUALIFIED, _VALUE, _CONFIG_KEY, _ENV_NAME)
}

_Check = Callable[[str], list[str]]

_REMEMBERED = 8192
"""Texts whose check is remembered, for each form: keys, label values and the like come again with every write."""

_KEYS_TOGETHER = 64
"""Keys of one object that are remembered together: as many as nearly all have."""

_WORDS_OF_NAME = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
)


def _remembered(check: _Check) -> _Check:
    """Judge a text once; texts too long for any form are not kept."""

    @lru_cache(maxsize=_REMEMBERED)
    def judged(text: str) -> tuple[str, ...]:
        return tuple(check(text))

    @wraps(check)
    def answer(text: str) -> list[str]:
        return list(judged(text)) if len(text) <= SUBDOMAIN_LENGTH else check(text)

    return answer


def label(text: str) -> list[str]:
    """Check an RFC 1123 label."""
    rule = (
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', "
        "and must start and end with an alphanumeric character"
    )
    return _too_long(text, LABEL_LENGTH) + _formed(text, _LABEL, rule, "my-name", "123-abc")


def subdomain(text: str) -> list[str]:
    """Check an RFC 1123 subdomain."""
    rule = (
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _too_long(text, SUBDOMAIN_LENGTH) + _formed(text, _SUBDOMAIN, rule, "example.com")


namespace = _remembered(label)
"""Check the name of a namespace: there are few, and each write names one."""


def dns1035(text: str) -> list[str]:
    """Check an RFC 1035 label."""
    rule = (
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
        "start with an alphabetic character, and end with an alphanumeric character"
    )
    return _too_long(text, LABEL_LENGTH) + _formed(text, _DNS1035, rule, "my-name", "abc-123")


def path_segment(text: str) -> list[str]:
    """Check a name that only has to fit into a URL path."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{illegal}'" for illegal in "/%" if illegal in text]


def path_segment_prefix(text: str) -> list[str]:
    """Check the beginning of a name that only has to fit into a URL path."""
    return [f"may not contain '{illegal}'" for illegal in "/%" if illegal in text]


def address(text: str) -> list[str]:
    """Check a name that is an IP address in canonical form (RFC 5952 for IPv6)."""
    try:
        found = ip_address(text)
    except ValueError:
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    if found.version == 6 and found.ipv4_mapped:
        return ["must not be an IPv4-mapped IPv6 address"]
    return [] if str(found) == text else [f'must be in canonical form ("{found}")']


_RULES: dict[str, _Check] = {
    "subdomain": subdomain,
    "label": label,
    "dns1035": dns1035,
    "path": path_segment,
    "address": address,
}


def check_name(rule: str, name: str) -> list[str]:
    """Check a name against the rule of its kind (`Kind.name_rule`)."""
    return _RULES[rule](name)


def check_name_prefix(rule: str, prefix: str) -> list[str]:
    """Check `generateName`: like a name, but it may end with the dash that the suffix follows."""
    if rule == "path":
        return path_segment_prefix(prefix)
    trimmed = prefix[:-1] + "a" if prefix.endswith("-") else prefix
    return _RULES[rule](trimmed)


@_remembered
def qualified_name(text: str) -> list[str]:
    """Check a label key, annotation key, finalizer or taint key: `name` or `prefix/name`."""
    parts = text.split("/")
    rule = "a qualified name " + _WORDS_OF_NAME
    examples = ("MyName", "my.name", "123-abc")
    if len(parts) > 2:
        whole = _with_pattern(rule, _QUALIFIED, *examples)
        return [f"{whole} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
    messages: list[str] = []
    if len(parts) == 2:
        prefix = parts[0]
        messages += ["prefix part " + one for one in (subdomain(prefix) if prefix else ["must be non-empty"])]
    name = parts[-1]
    if not name:
        messages.append("name part must be non-empty")
    elif len(name) > LABEL_LENGTH:
        messages.append(f"name part must be no more than {LABEL_LENGTH} bytes")
    return messages + ["name part " + one for one in _formed(name, _QUALIFIED, _WORDS_OF_NAME, *examples)]


@_remembered
def label_value(text: str) -> list[str]:
    """Check the value of a label."""
    rule = (
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
        "and must start and end with an alphanumeric character"
    )
    return _too_long(text, LABEL_LENGTH) + _formed(text, _VALUE, rule, "MyValue", "my_value", "12345")


@lru_cache(maxsize=_REMEMBERED)
def is_label(key: str, value: str) -> bool:
    """Tell whether a label is well-formed; short ones are remembered."""
    return len(key) + len(value) <= SUBDOMAIN_LENGTH + LABEL_LENGTH and not (qualified_name(key) or label_value(value))


@_remembered
def config_key(text: str) -> list[str]:
    """Check a key of a ConfigMap or Secret."""
    rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
    messages = _too_long(text, SUBDOMAIN_LENGTH)
    messages += _formed(text, _CONFIG_KEY, rule, "key.name", "KEY_NAME", "key-name")
    if text in (".", ".."):
        messages.append(f"must not be '{text}'")
    elif text.startswith(".."):
        messages.append("must not start with '..'")
    return messages


@lru_cache(maxsize=_REMEMBERED // 8)
def _are_config_keys(keys: tuple[str, ...]) -> bool:
    return not any(config_key(key) for key in keys)


def are_config_keys(keys: Collection[str]) -> bool:
    """Tell whether all keys of a ConfigMap or Secret are known to be well-formed: its writes bring the same ones again."""
    return len(keys) <= _KEYS_TOGETHER and _are_config_keys(tuple(keys))


@_remembered
def env_name(text: str) -> list[str]:
    """Check the name of an environment variable: any printable ASCII except `=`."""
    if text and all(" " <= char <= "~" and char != "=" for char in text):
        return []
    return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]


@_remembered
def port_name(text: str) -> list[str]:
    """Check the name of a container's or service's target port (RFC 6335, 5.1)."""
    messages = []
    if len(text) > 15:
        messages.append("must be no more than 15 characters")
    if not re.fullmatch(r"[-a-z0-9]+", text):
        messages.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search(r"[a-z]", text):
        messages.append("must contain at least one letter (a-z)")
    if "--" in text:
        messages.append("must not contain consecutive hyphens")
    if text and (text[0] == "-" or text[-1] == "-"):
        messages.append("must not begin or end with a hyphen")
    return messages


_RULES["config"] = config_key


def _too_long(text: str, length: int) -> list[str]:
    return [f"must be no more than {length} bytes"] if len(text) > length else []


def _formed(text: str, form: str, rule: str, *examples: str) -> list[str]:
    return [] if _PATTERNS[form].fullmatch(text) else [_with_pattern(rule, form, *examples)]


def _with_pattern(rule: str, form: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{rule} (e.g. {shown}regex used for validation is '{form}')"
