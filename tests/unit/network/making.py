"""Services and slices for the tests of the network."""

from typing import Any

from bouvier.meta.objects import Obj


def service(name: str, cluster_ip: str = "10.43.0.100", namespace: str = "default", **spec: Any) -> Obj:
    ports = spec.pop("ports", [{"port": 80, "protocol": "TCP"}])
    whole = {"clusterIP": cluster_ip, "clusterIPs": [cluster_ip], "type": "ClusterIP", "ports": ports} | spec
    return {"metadata": {"name": name, "namespace": namespace}, "spec": whole, "status": {}}


def endpoint(address: str, node: str = "here", **conditions: bool) -> Obj:
    return {"addresses": [address], "nodeName": node, "conditions": {"ready": True, "serving": True} | conditions}


def endpoint_slice(
    name: str, *endpoints: Obj, namespace: str = "default", port: int = 8080, protocol: str = "TCP", port_name: str = ""
) -> Obj:
    labels = {"kubernetes.io/service-name": name}
    return {
        "metadata": {"name": f"{name}-x", "namespace": namespace, "labels": labels},
        "addressType": "IPv4",
        "ports": [{"name": port_name, "port": port, "protocol": protocol}],
        "endpoints": list(endpoints),
    }
