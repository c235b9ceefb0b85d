"""The checks of the level restricted: pods follow what is known to harden them."""

from __future__ import annotations

from collections.abc import Callable

from bouvier.kinds.podsecurity.violations import (
    Check,
    Part,
    Violation,
    containers,
    has_own_users,
    is_windows,
    many,
    named_containers,
    quoted,
    security,
    setters,
)

_VOLUMES = frozenset(
    {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
)
_FILTERS = ("RuntimeDefault", "Localhost")


def _volumes(_metadata: Part, spec: Part) -> Violation | None:
    bad: list[str] = []
    types: set[str] = set()
    for volume in spec.get("volumes") or ():
        kinds = [field for field in volume if field != "name"]
        if not set(kinds) & _VOLUMES:
            bad.append(volume["name"])
            types.update(kinds or ["unknown"])
    if not bad:
        return None
    noun = many("restricted volume type", "restricted volume types", len(types))
    subject = f"{many('volume', 'volumes', len(bad))} {quoted(bad)} {many('uses', 'use', len(bad))}"
    return Violation("restricted volume types", f"{subject} {noun} {quoted(sorted(types))}")


def _escalation(_metadata: Part, spec: Part) -> Violation | None:
    bad = [c["name"] for c in containers(spec) if security(c).get("allowPrivilegeEscalation") is not False]
    if not bad:
        return None
    detail = f"{named_containers(bad)} must set securityContext.allowPrivilegeEscalation=false"
    return Violation("allowPrivilegeEscalation != false", detail)


def _capabilities(_metadata: Part, spec: Part) -> Violation | None:
    missing, adding = [], []
    added: set[str] = set()
    for container in containers(spec):
        given = security(container).get("capabilities") or {}
        if "ALL" not in (given.get("drop") or ()):
            missing.append(container["name"])
        wrong = set(given.get("add") or ()) - {"NET_BIND_SERVICE"}
        if wrong:
            adding.append(container["name"])
            added |= wrong
    details = []
    if missing:
        details.append(f'{named_containers(missing)} must set securityContext.capabilities.drop=["ALL"]')
    if adding:
        where = "in securityContext.capabilities.add"
        details.append(f"{named_containers(adding)} must not include {quoted(sorted(added))} {where}")
    return Violation("unrestricted capabilities", "; ".join(details)) if details else None


def _non_root(_metadata: Part, spec: Part) -> Violation | None:
    if has_own_users(spec):
        return None
    reason = "runAsNonRoot != true"
    bad = setters(spec, lambda context: context.get("runAsNonRoot") is False)
    if bad:
        return Violation(reason, f"{' and '.join(bad)} must not set securityContext.runAsNonRoot=false")
    if security(spec).get("runAsNonRoot"):
        return None
    silent = [one["name"] for one in containers(spec) if security(one).get("runAsNonRoot") is None]
    if not silent:
        return None
    return Violation(reason, f"pod or {named_containers(silent)} must set securityContext.runAsNonRoot=true")


def _user(_metadata: Part, spec: Part) -> Violation | None:
    if has_own_users(spec):
        return None
    bad = setters(spec, lambda context: context.get("runAsUser") == 0)
    return Violation("runAsUser=0", f"{' and '.join(bad)} must not set runAsUser=0") if bad else None


def _seccomp(_metadata: Part, spec: Part) -> Violation | None:
    values: set[str] = set()

    def is_bad(context: Part) -> bool:
        profile = context.get("seccompProfile")
        if profile is None or profile.get("type") in _FILTERS:
            return False
        values.add(profile.get("type") or "")
        return True

    bad = setters(spec, is_bad)
    if bad:
        detail = f"{' and '.join(bad)} must not set securityContext.seccompProfile.type to {quoted(sorted(values))}"
        return Violation("seccompProfile", detail)
    if security(spec).get("seccompProfile"):
        return None
    silent = [one["name"] for one in containers(spec) if security(one).get("seccompProfile") is None]
    if not silent:
        return None
    wanted = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
    return Violation("seccompProfile", f"pod or {named_containers(silent)} {wanted}")


def _not_on_windows(run: Callable[[Part, Part], Violation | None]) -> Callable[[Part, Part], Violation | None]:
    return lambda metadata, spec: None if is_windows(spec) else run(metadata, spec)


CHECKS = (
    Check("allowPrivilegeEscalation", 8, _escalation),
    Check("allowPrivilegeEscalation", 25, _not_on_windows(_escalation)),
    Check("capabilities_restricted", 22, _capabilities, ("capabilities_baseline",)),
    Check("capabilities_restricted", 25, _not_on_windows(_capabilities), ("capabilities_baseline",)),
    Check("restrictedVolumes", 0, _volumes, ("hostPathVolumes",)),
    Check("runAsNonRoot", 0, _non_root),
    Check("runAsUser", 23, _user),
    Check("seccompProfile_restricted", 19, _seccomp, ("seccompProfile_baseline",)),
    Check("seccompProfile_restricted", 25, _not_on_windows(_seccomp), ("seccompProfile_baseline",)),
)
