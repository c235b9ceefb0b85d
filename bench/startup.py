"""How long a platform takes to be ready, and what its processes hold in memory when idle."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BOUVIER = str(Path(sys.executable).with_name("bouvier"))
SETTLE_SECONDS = 5.0
PORT = "17443"


def pss_megabytes(pid: int) -> float:
    """Return a process' proportional share of memory: shared pages count once among those that share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def timed(*words: str) -> float:
    begun = time.monotonic()
    subprocess.run([BOUVIER, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bv") as folder:
        place = ("--data-dir", f"{folder}/d")
        try:
            first = timed("up", "--detach", "--port", PORT, *place)
            timed("down", *place)
            second = timed("up", "--detach", *place)
            time.sleep(SETTLE_SECONDS)
            shown = subprocess.run([BOUVIER, "status", "-o", "json", *place], check=True, capture_output=True).stdout
            status = json.loads(shown)
            supervisor = int(Path(folder, "d/run/supervisor.lock").read_text())
            pids = {"supervisor": supervisor} | {p["name"]: p["pid"] for p in status["processes"]}
            memory = {name: pss_megabytes(pid) for name, pid in pids.items()}
        finally:
            timed("down", "--purge", *place)
    own = sum(size for name, size in memory.items() if name != "engine")
    print(f"up to ready, first start          {first:6.2f} s   (target 5 s)")
    print(f"up to ready, second start         {second:6.2f} s   (target 2 s)")
    print(f"idle memory (PSS), all but engine {own:6.0f} MB  (target 200 MB)")
    print("  " + ", ".join(f"{name} {size:.0f}" for name, size in memory.items()))


if __name__ == "__main__":
    main()
