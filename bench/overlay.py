"""Throughput from host to host through each overlay driver, against the bare wire between the same namespaces.

Two hosts of a playground; one TCP stream from bridge to bridge, which is the pods' way without their own pair. The floor
is the same stream between the hosts' own addresses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.options import Options, need_program
from bench.table import Figure

DRIVERS = ("route", "vxlan", "ipsec")
SECONDS = 3
ROUNDS = 3
PORT = 17443
MEGABIT = 1e6


def run(options: Options) -> Iterator[Figure]:
    iperf = need_program("iperf3", "iperf3")
    for driver in DRIVERS:
        with playground(driver) as ground:
            bare, through = [], []
            for _ in range(options.rounds(ROUNDS)):
                bare.append(stream(iperf, ground, ground.wire(2), ground.wire(1), options.seconds(SECONDS)))
                through.append(stream(iperf, ground, ground.bridge(2), ground.bridge(1), options.seconds(SECONDS)))
            yield Figure(
                f"TCP through {driver}, Mbit",
                round(median(through)),
                "/s",
                floor=round(median(bare)),
                floor_is="the bare wire",
                detail="userspace ESP, aes128gcm16" if driver == "ipsec" else "",
            )


class Ground:
    """A playground of two hosts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._facts = json.loads((folder / "playground.json").read_text())

    def namespace(self, number: int) -> str:
        return f"/run/netns/bvp{self._facts['id']}-{number}"

    def wire(self, number: int) -> str:
        return f"{self._facts['fabric'].rpartition('.')[0]}.{number}"

    def bridge(self, number: int) -> str:
        command = ["kubectl", "get", "node", f"host{number}", "-o", "jsonpath={.spec.podCIDR}"]
        environment = os.environ | {"KUBECONFIG": str(self.folder / "kubeconfig")}
        found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        return found.rpartition(".")[0] + ".1"


@contextmanager
def playground(driver: str) -> Iterator[Ground]:
    """Build a playground of two hosts, wait for its overlay, and remove it."""
    with tempfile.TemporaryDirectory(prefix="bvo") as temporary:
        folder = Path(temporary) / "d"
        command = [sys.executable, "-m", "bouvier"]
        own = ["--data-dir", str(folder)]
        options = ["--hosts", "2", "--overlay", driver, "--detach", "--port", str(PORT)]
        try:
            subprocess.run([*command, "playground", *own, *options], capture_output=True, check=True)
            peers = [*command, "network", "peers", *own, "-o", "json"]
            while not _established(subprocess.run(peers, capture_output=True, check=True).stdout):
                continue
            yield Ground(folder)
        finally:
            subprocess.run([*command, "playground", *own, "--down"], capture_output=True, check=False)


def _established(output: bytes) -> bool:
    return all(row["state"] == "established" for row in json.loads(output)["peers"])


def stream(iperf: str, ground: Ground, target: str, source: str, seconds: float) -> float:
    """Return the Mbit/s of one TCP stream from the first host to the second."""
    server = ["nsenter", f"--net={ground.namespace(2)}", iperf, "-s", "-1", "--forceflush", "-B", target]
    client = [
        "nsenter",
        f"--net={ground.namespace(1)}",
        iperf,
        "-c",
        target,
        "-B",
        source,
        "-J",
        "-t",
        f"{seconds:.0f}",
    ]
    with subprocess.Popen(server, stdout=subprocess.PIPE) as listening:
        assert listening.stdout is not None
        listening.stdout.readline()  # the first line is written when it listens
        measured = subprocess.run(client, capture_output=True, check=False)
        if measured.returncode:
            listening.kill()
            raise RuntimeError(f"iperf3: {measured.stdout.decode()[-300:]}")
    return float(json.loads(measured.stdout)["end"]["sum_received"]["bits_per_second"]) / MEGABIT
