"""`make demo`: a platform, the sample application in two replicas, and what to try next. May be repeated."""

import json
import subprocess
import sys
from pathlib import Path

BOUVIER = str(Path(sys.executable).with_name("bouvier"))
NAME, HOST = "hello", "hello.localhost"


def bouvier(*words: str) -> None:
    """Run the command; end with its error when it fails."""
    code = subprocess.run([BOUVIER, *words], check=False).returncode
    if code:
        sys.exit(code)


def output_of(*words: str) -> dict[str, object]:
    """Return what a command says as JSON."""
    return json.loads(subprocess.run([BOUVIER, *words, "-o", "json"], check=True, capture_output=True).stdout)


def main() -> None:
    """Start, fill the engine, run the sample, and print the addresses."""
    bouvier("up", "--detach")
    bouvier("images", "seed")
    running = [line["name"] for line in output_of("ps")["workloads"]]
    if NAME not in running:
        bouvier(
            *("run", "--name", NAME, "--replicas", "2", "--expose", "8080", "--expose", HOST),
            *("--memory", "32m", "--health-cmd", "wget -q -O /dev/null http://127.0.0.1:8080/healthz"),
            *("--health-interval", "1s", "--wait", "bouvier/sample:1"),
        )
    bouvier("ps")
    status = output_of("status")
    address = str(status["balancer"]["http"]).removesuffix(":80")
    print(
        f"""
the application    {address.replace("127.0.0.1", HOST)}
                   curl -H 'Host: {HOST}' {address}
the console        {status["console"].get("signIn") or status["console"]["url"]}
kubectl            export KUBECONFIG={status["kubeconfig"]}

try   {BOUVIER} scale {NAME} 4 --wait
      {BOUVIER} upgrade {NAME} --image bouvier/sample:2 --wait
      {BOUVIER} rollback {NAME} --wait
end   make demo-down"""
    )


if __name__ == "__main__":
    main()
