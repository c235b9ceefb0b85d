import pytest

from bouvier.scheduler.requests import assumed_usage, pod_requests


def container(cpu: str = "", **more: object) -> dict:
    return {"resources": {"requests": {"cpu": cpu} if cpu else {}}} | more


@pytest.mark.parametrize(
    ("spec", "cpu"),
    [
        ({"containers": [container("100m"), container("200m")]}, 300),
        ({"containers": [container("100m")], "initContainers": [container("500m"), container("300m")]}, 500),
        ({"containers": [container("100m")], "initContainers": [container("50m")]}, 100),
        ({"containers": [container("100m")], "initContainers": [container("50m", restartPolicy="Always")]}, 150),
        (
            {
                "containers": [container("10m")],
                "initContainers": [container("50m", restartPolicy="Always"), container("100m")],
            },
            150,
        ),
        (
            {
                "containers": [container("10m")],
                "initContainers": [container("100m"), container("50m", restartPolicy="Always")],
            },
            100,
        ),
        ({"containers": [container("100m")], "overhead": {"cpu": "5m"}}, 105),
        ({"containers": [container("100m")], "resources": {"requests": {"cpu": "1"}}}, 1000),
        ({"containers": [container("0.1")]}, 100),
    ],
)
def test_cpu_of_a_pod(spec: dict, cpu: int) -> None:
    """Containers add up, init containers count by their peak, sidecars stay, overhead comes on top, the pod's own figure wins."""
    assert pod_requests(spec) == {"cpu": cpu, "pods": 1}


def test_all_resources() -> None:
    """Memory and extended resources are counted in whole units."""
    requests = {"cpu": "1.5", "memory": "1Gi", "example.com/gpu": "2"}
    spec = {"containers": [{"resources": {"requests": requests}}]}
    assert pod_requests(spec) == {"cpu": 1500, "memory": 1 << 30, "example.com/gpu": 2, "pods": 1}


def test_assumed_usage() -> None:
    """Containers without requests are taken to use a little, each for itself."""
    spec = {"containers": [container("1"), container()]}
    assert assumed_usage(spec) == (1100, 400 << 20)
