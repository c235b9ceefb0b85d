"""The service account of a pod: its name, its mounted token, its pull secrets, and which Secrets it may mount.

Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#serviceaccount
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from bouvier.apiserver.admission.chain import Operation, concerns
from bouvier.apiserver.admission.nodes import MIRROR
from bouvier.apiserver.admission.refusals import forbidden
from bouvier.meta.objects import Obj, annotations_of, name_of

TOKEN_MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105
TOKEN_VOLUME = "kube-api-access-"  # noqa: S105
TOKEN_SECONDS = 3607
"""An hour and some seconds: the original's own mark of an injected token."""
ENFORCE_SECRETS = "kubernetes.io/enforce-mountable-secrets"
_ROOT_CA = "kube-root-ca.crt"


@concerns(("", "pods"))
async def service_account(operation: Operation) -> None:
    """Give a new pod its service account with token and pull secrets; keep it to the Secrets that the account names.

    Raises:
        ApiError: Forbidden for an unknown account, or a Secret that it may not mount.

    """
    pod = operation.obj
    if pod is None:
        return
    if operation.verb == "update" and operation.subresource == "ephemeralcontainers":
        _refuse_secrets(operation, pod["spec"], _account(operation, pod["spec"].get("serviceAccountName") or "default"))
    if operation.verb != "create" or operation.subresource:
        return
    spec = pod["spec"]
    if MIRROR in annotations_of(pod):
        _refuse_account(operation, spec)
        return
    name = spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"
    spec["serviceAccountName"] = spec["serviceAccount"] = name
    account = _account(operation, name)
    _refuse_secrets(operation, spec, account)
    if _wants_token(spec, account):
        _mount_token(spec)
    if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
        spec["imagePullSecrets"] = [dict(secret) for secret in account["imagePullSecrets"]]


def _refuse_account(operation: Operation, spec: Obj) -> None:
    """Give no rights to a pod that a host only shows."""
    if spec.get("serviceAccountName"):
        raise forbidden(operation, "a mirror pod may not reference service accounts")
    for volume in spec.get("volumes") or ():
        if any(source.get("serviceAccountToken") for source in (volume.get("projected") or {}).get("sources") or ()):
            raise forbidden(operation, "a mirror pod may not use service account token volume projections")


def _account(operation: Operation, name: str) -> Obj:
    """Return the service account; `default` may still be on its way in a fresh namespace."""
    call = operation.call
    accounts = call.context.hub.resource(call.cluster, "", "serviceaccounts").entries
    entry = accounts.get(f"{call.target.namespace}/{name}")
    if entry is not None:
        account: Obj = entry.decode()
        return account
    if name == "default":
        return {}
    text = f'error looking up service account {call.target.namespace}/{name}: serviceaccount "{name}" not found'
    raise forbidden(operation, text)


def _wants_token(spec: Obj, account: Obj) -> bool:
    wanted = spec.get("automountServiceAccountToken")
    if wanted is None:
        wanted = account.get("automountServiceAccountToken")
    return wanted is not False


def _mount_token(spec: Obj) -> None:
    volume = _present_volume(spec) or _token_volume()
    mounted = False
    for container in [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]:
        mounts = container.setdefault("volumeMounts", [])
        if not any(mount.get("mountPath") == TOKEN_MOUNT for mount in mounts):
            mounts.append({"name": volume["name"], "readOnly": True, "mountPath": TOKEN_MOUNT})
            mounted = True
    if mounted and volume not in (spec.get("volumes") or ()):
        spec.setdefault("volumes", []).append(volume)


def _present_volume(spec: Obj) -> dict[str, Any] | None:
    """Return the volume that was given to the pod before a webhook added containers."""
    volumes = (one for one in spec.get("volumes") or () if one.get("name", "").startswith(TOKEN_VOLUME))
    return next(volumes, None)


def _token_volume() -> dict[str, Any]:
    suffix = "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))
    field = {"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}
    sources: list[dict[str, Any]] = [
        {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
        {"configMap": {"name": _ROOT_CA, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [field]}},
    ]
    return {"name": f"{TOKEN_VOLUME}{suffix}", "projected": {"sources": sources, "defaultMode": 420}}


def _refuse_secrets(operation: Operation, spec: Obj, account: Obj) -> None:
    """Keep pods of an account that asks for it to the Secrets which it names."""
    if annotations_of(account or {"metadata": {}}).get(ENFORCE_SECRETS, "").lower() not in ("true", "1", "t"):
        return
    mountable = {secret.get("name") for secret in account.get("secrets") or ()}
    pulls = {secret.get("name") for secret in account.get("imagePullSecrets") or ()}
    name = name_of(account)
    for what, secret in _secrets(spec):
        if secret not in mountable:
            text = f"is not allowed because service account {name} does not reference that secret"
            raise forbidden(operation, f'{what}="{secret}" {text}')
    for index, secret in enumerate(spec.get("imagePullSecrets") or ()):
        if secret.get("name") not in pulls:
            text = f"is not allowed because service account {name} does not reference that imagePullSecret"
            raise forbidden(operation, f'imagePullSecrets[{index}].name="{secret.get("name")}" {text}')


def _secrets(spec: Obj) -> Iterator[tuple[str, str]]:
    """Yield where a pod names a Secret, and the Secret."""
    for volume in spec.get("volumes") or ():
        if (volume.get("secret") or {}).get("secretName"):
            yield "volume with secret.secretName", volume["secret"]["secretName"]
    words = {
        "initContainers": "init container",
        "containers": "container",
        "ephemeralContainers": "ephemeral container",
    }
    for field, word in words.items():
        for container in spec.get(field) or ():
            for variable in container.get("env") or ():
                reference = (variable.get("valueFrom") or {}).get("secretKeyRef")
                if reference:
                    where = (
                        f"{word} {container['name']} with envVar {variable.get('name')} referencing secret.secretName"
                    )
                    yield where, reference.get("name", "")
            for source in container.get("envFrom") or ():
                if source.get("secretRef"):
                    yield (
                        f"{word} {container['name']} with envFrom referencing secret.secretName",
                        source["secretRef"].get("name", ""),
                    )
