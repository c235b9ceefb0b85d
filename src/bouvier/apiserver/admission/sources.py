"""Sources of builds that are folders of the server's host: only for those who may read that host.

A builder fetches as the platform's own user, so a path would show anybody's repository to whoever may make Builds.
Needs the right to create `builds/localsource`, which no role but `cluster-admin` has.
"""

from __future__ import annotations

from bouvier.apiserver.admission.chain import Operation
from bouvier.apiserver.authz.rules import Attributes
from bouvier.kinds.columns import value_at
from bouvier.meta.errors import ApiError
from bouvier.meta.objects import Obj

BUILD_GROUP = "build.openshift.io"
LOCAL = Attributes("create", BUILD_GROUP, "builds/localsource")


def is_local(uri: str) -> bool:
    """Tell whether a Git address names a folder of the host."""
    return uri.startswith(("/", ".", "~", "file:")) or ("://" not in uri and ":" not in uri)


async def local_sources(operation: Operation) -> None:
    """Refuse folders of the host to users who may not read it."""
    call = operation.call
    if call.kind.resource.group != BUILD_GROUP or operation.obj is None or operation.subresource:
        return
    uri = _uri(operation.obj)
    if not uri or not is_local(uri) or uri == _uri(operation.old):
        return
    if not call.context.authorizer.allowed(call.cluster, call.request.user, LOCAL):
        message = f"spec.source.git.uri: {uri} is a folder of the server: only cluster administrators may build from those; use https or ssh"
        raise ApiError("Forbidden", message)


def _uri(obj: Obj | None) -> str:
    return str(value_at(obj or {}, ("spec", "source", "git", "uri")) or "")
