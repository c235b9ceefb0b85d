"""Projects: who may see which, and how users make their own.

A list shows those that the caller may get. A ProjectRequest makes the Namespace and gives the caller the role `admin`
in it; a name that is taken is refused as taken, as in OpenShift.
"""

from __future__ import annotations

from bouvier.apiserver.authz.rules import Attributes
from bouvier.apiserver.context import Call
from bouvier.apiserver.paas.calls import internal_call
from bouvier.apiserver.request import Answer
from bouvier.apiserver.verbs import writing
from bouvier.apiserver.verbs.answers import render_object
from bouvier.apiserver.verbs.creating import create_object
from bouvier.apiserver.verbs.listing import selection_of, write_list
from bouvier.apiserver.versions import all_shown
from bouvier.kinds.project_v1.projects import DESCRIPTION, DISPLAY_NAME, REQUESTER, from_namespace
from bouvier.meta.errors import ApiError, already_exists
from bouvier.meta.objects import Obj, name_of
from bouvier.meta.resources import NAMESPACES, PROJECTS, ROLEBINDINGS

RBAC = "rbac.authorization.k8s.io"


async def answer_projects(call: Call, verb: str) -> Answer | None:
    """Answer a list with what the caller may get; leave the other verbs alone."""
    if verb != "list":
        return None
    user, authorizer = call.request.user, call.context.authorizer
    chosen = [
        entry
        for entry in call.cache.select(selection_of(call))
        if authorizer.allowed(call.cluster, user, Attributes("get", "", "namespaces", entry.name, entry.name))
    ]
    shown = await all_shown(call.view, chosen)
    return write_list(call, shown, {"resourceVersion": str(call.context.hub.revision)})


async def answer_request(call: Call, verb: str) -> Answer | None:  # noqa: ARG001 - creating is the only verb
    """Make a project whose administrator the caller is."""
    request = await writing.read_object(call, call.view)
    name = name_of(request)
    annotations = {
        DISPLAY_NAME: request.get("displayName") or "",
        DESCRIPTION: request.get("description") or "",
        REQUESTER: call.request.user.name,
    }
    namespace: Obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "annotations": annotations}}
    target = internal_call(call.context, call.cluster, NAMESPACES, name)
    try:
        entry = await create_object(target, namespace)
    except ApiError as error:
        if error.reason == "AlreadyExists":
            raise already_exists(PROJECTS.group_resource, name) from None
        raise
    await create_object(internal_call(call.context, call.cluster, ROLEBINDINGS, name), _binding(call, name))
    return render_object(call, from_namespace(entry.decode()), 201)


def _binding(call: Call, namespace: str) -> Obj:
    subject = {"kind": "User", "apiGroup": RBAC, "name": call.request.user.name}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "admin", "namespace": namespace},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "admin"},
        "subjects": [subject],
    }
