"""The API server goes away under running controllers."""

from contextlib import AsyncExitStack

from bouvier.client.endpoint import Endpoint
from bouvier.client.rest import Client
from bouvier.meta.resources import NAMESPACES, PODS, REPLICASETS
from bouvier.store.sqlite.store import SqliteStore
from tests.contract.controllers.test_services import pods
from tests.contract.controllers.world import NAMESPACE, World, controllers
from tests.support.apiserver import running_api


def admin_of(api):
    return Client.connect(Endpoint(unix_socket=str(api.socket), token=api.token("admin")), user_agent="test")


async def test_controllers_go_on_after_the_api_server_was_away(tmp_path):
    """Without being restarted they finish what was asked for before, and make no pod twice."""
    async with AsyncExitStack() as stack:
        async with running_api(tmp_path, await SqliteStore.open(tmp_path / "store.db")) as api:
            await stack.enter_async_context(controllers(api))
            admin = admin_of(api)
            await admin.create(NAMESPACES, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
            await admin.create(REPLICASETS, pods(3))
            await World(api, admin).seen(PODS, lambda items: len(items) == 3)
            await admin.patch(REPLICASETS, "web", {"spec": {"replicas": 40}}, namespace=NAMESPACE)
            await admin.close()
        api = await stack.enter_async_context(running_api(tmp_path, await SqliteStore.open(tmp_path / "store.db")))
        admin = admin_of(api)
        here = World(api, admin)
        await here.object(REPLICASETS, "web", lambda rs: rs["status"].get("replicas") == 40, seconds=30)
        assert len((await admin.list(PODS, NAMESPACE)).items) == 40
        await admin.close()
