"""Services through the real kernel: pods are processes in network namespaces."""

import subprocess

from bouvier.network.addresses.types import PodPort
from tests.e2e.network.world import World, answers, curl, endpoint, endpoint_slice, run, service


async def test_cluster_ip_spreads_over_ready_endpoints(world: World) -> None:
    """A pod and the host itself reach every ready endpoint through the service address, and no other."""
    client, one, two, sick = [await world.pod(n) for n in ("client", "one", "two", "sick")]
    pieces = [endpoint(one.address), endpoint(two.address), endpoint(sick.address, ready=False, serving=False)]
    await world.publish(service("web"), endpoint_slice("web", *pieces))

    assert answers(24, lambda: client.curl("http://10.43.0.100/")) == {"one", "two"}
    assert answers(24, lambda: curl("http://10.43.0.100/")) == {"one", "two"}


async def test_pod_sees_its_client_and_reaches_itself(world: World) -> None:
    """The client's address is kept between pods; a pod may be its own endpoint (hairpin)."""
    client, one = await world.pod("client"), await world.pod("one")
    await world.publish(service("web"), endpoint_slice("web", endpoint(one.address)))

    assert client.curl("http://10.43.0.100/").split()[1] == client.address
    assert one.curl("http://10.43.0.100/").startswith("one ")


async def test_node_port_from_everywhere(world: World) -> None:
    """A node port answers on 127.0.0.1, on the host's address, to a pod and to another machine."""
    outside = world.outside()
    client, one = await world.pod("client"), await world.pod("one")
    ports = [{"port": 80, "nodePort": 30080}]
    await world.publish(service("web", type="NodePort", ports=ports), endpoint_slice("web", endpoint(one.address)))

    assert curl("http://127.0.0.1:30080/").startswith("one ")
    assert curl("http://192.168.77.1:30080/").startswith("one ")
    assert client.curl("http://192.168.77.1:30080/").startswith("one ")
    assert outside.curl("http://192.168.77.1:30080/").split()[:2] == ["one", "192.168.77.2"]
    assert one.curl("http://192.168.77.1:30080/").startswith("one ")


async def test_external_and_balancer_addresses(world: World) -> None:
    """External IPs and addresses of a load balancer lead to the endpoints too."""
    outside = world.outside()
    one = await world.pod("one")
    made = service("web", type="LoadBalancer", externalIPs=["192.168.77.1"])
    made["status"] = {"loadBalancer": {"ingress": [{"ip": "192.168.99.9"}]}}
    await world.publish(made, endpoint_slice("web", endpoint(one.address)))

    assert outside.curl("http://192.168.77.1/").startswith("one ")
    assert outside.curl("http://192.168.99.9/").startswith("one ")


async def test_no_endpoint_is_refused_at_once(world: World) -> None:
    """Without endpoints, and at ports or addresses that no service has, the connection is refused and does not hang."""
    client = await world.pod("client")
    await world.publish(service("web"))

    for url in ("http://10.43.0.100/", "http://10.43.0.100:81/", "http://10.43.9.9/"):
        command = ["nsenter", "-t", str(client.process.pid), "-n", "curl", "-sS", "--max-time", "3", url]
        assert subprocess.run(command, capture_output=True).returncode == 7, url
        assert subprocess.run(["curl", "-sS", "--max-time", "3", url], capture_output=True).returncode == 7, url


async def test_terminating_endpoints_serve_when_none_is_ready(world: World) -> None:
    """The last endpoints, which are going, are still used; as soon as one is ready they are not."""
    old, new = await world.pod("old"), await world.pod("new")
    going = endpoint(old.address, ready=False, serving=True, terminating=True)
    await world.publish(service("web"), endpoint_slice("web", going))
    assert answers(4, lambda: curl("http://10.43.0.100/")) == {"old"}

    await world.endpoints(endpoint_slice("web", going, endpoint(new.address)))
    assert answers(8, lambda: curl("http://10.43.0.100/")) == {"new"}


async def test_client_affinity_outlasts_changes_and_restarts(world: World) -> None:
    """A client stays with its endpoint while others come and go, and when the table is replaced."""
    client = await world.pod("client")
    served = [await world.pod(f"s{n}") for n in range(4)]
    made = service("web", sessionAffinity="ClientIP")
    pieces = [endpoint(pod.address) for pod in served]
    await world.publish(made, endpoint_slice("web", *pieces))
    (first,) = answers(8, lambda: client.curl("http://10.43.0.100/"))
    others = [p for p, pod in zip(pieces, served, strict=True) if pod.ref.name != first]
    mine = [p for p, pod in zip(pieces, served, strict=True) if pod.ref.name == first]

    await world.endpoints(endpoint_slice("web", *mine, *others[:1]))
    assert answers(8, lambda: client.curl("http://10.43.0.100/")) == {first}

    world.proxy = world.new_proxy()
    world.start(world.proxy)
    await world.publish(made, endpoint_slice("web", *pieces))
    assert answers(8, lambda: client.curl("http://10.43.0.100/")) == {first}

    await world.endpoints(endpoint_slice("web", *others))
    (second,) = answers(8, lambda: client.curl("http://10.43.0.100/"))
    assert second != first


async def test_external_traffic_stays_on_the_host(world: World) -> None:
    """With externalTrafficPolicy Local the node port uses this host's endpoints only, the cluster address all."""
    here, there = await world.pod("here"), await world.pod("there")
    away = endpoint(there.address) | {"nodeName": "elsewhere"}
    made = service("web", type="NodePort", ports=[{"port": 80, "nodePort": 30080}], externalTrafficPolicy="Local")
    await world.publish(made, endpoint_slice("web", endpoint(here.address), away))

    assert answers(12, lambda: curl("http://127.0.0.1:30080/")) == {"here"}
    assert answers(24, lambda: curl("http://10.43.0.100/")) == {"here", "there"}


async def test_udp_clients_move_on(world: World) -> None:
    """A UDP client that keeps its port is not stuck with an endpoint that has gone."""
    client, one, two = [await world.pod(n) for n in ("client", "one", "two")]
    made = service("dns", ports=[{"port": 53, "protocol": "UDP"}])
    await world.publish(made, endpoint_slice("dns", endpoint(one.address), protocol="UDP"))
    script = (
        "import socket,sys; s=socket.socket(2,2); s.settimeout(3); s.connect(('10.43.0.100',53))\n"
        "for line in sys.stdin: s.send(b'x'); print(s.recv(99).decode(),flush=True)"
    )
    command = ["nsenter", "-t", str(client.process.pid), "-n", "python3", "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as talk:
        assert talk.stdin is not None
        assert talk.stdout is not None
        talk.stdin.write("\n")
        assert talk.stdout.readline() == f"one {client.address}\n"

        await world.endpoints(endpoint_slice("dns", endpoint(two.address), protocol="UDP"))
        talk.stdin.write("\n")
        assert talk.stdout.readline() == f"two {client.address}\n"


async def test_host_port(world: World) -> None:
    """A pod's host port answers on the host until the pod is detached."""
    outside = world.outside()
    one = await world.pod("one", PodPort(8080, 9090))
    world.proxy.pods_changed()
    await world.publish(service("other"))

    assert outside.curl("http://192.168.77.1:9090/").startswith("one ")
    assert curl("http://127.0.0.1:9090/").startswith("one ")

    await world.links.detach(one.ref)
    world.proxy.pods_changed()
    await world.publish(service("another", "10.43.0.101"))
    assert subprocess.run(["curl", "-s", "http://127.0.0.1:9090/"]).returncode == 7


async def test_flushed_rules_come_back(world: World) -> None:
    """When somebody flushes all rules, the next change brings the whole table back."""
    one = await world.pod("one")
    await world.publish(service("web"), endpoint_slice("web", endpoint(one.address)))
    run("nft", "flush", "ruleset")

    await world.publish(service("more", "10.43.0.101"), endpoint_slice("more", endpoint(one.address)))
    assert curl("http://10.43.0.100/").startswith("one ")
    assert curl("http://10.43.0.101/").startswith("one ")
