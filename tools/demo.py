"""`make demo`: a platform, the sample application from its catalog, and what to try next. May be repeated.

It ends when the application answered through the balancer under its name.
"""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

BOUVIER = str(Path(sys.executable).with_name("bouvier"))
NAME, HOST = "hello", "hello.localhost"
ANSWER_SECONDS = 30.0
"""From ready to answered: a fraction of a second, more on a machine that is busy."""


def bouvier(*words: str) -> None:
    """Run the command; end with its error when it fails."""
    code = subprocess.run([BOUVIER, *words], check=False).returncode
    if code:
        sys.exit(code)


def output_of(*words: str) -> dict[str, object]:
    """Return what a command says as JSON."""
    return json.loads(subprocess.run([BOUVIER, *words, "-o", "json"], check=True, capture_output=True).stdout)


def answer_of(url: str) -> str:
    """Return what the application answers through the balancer; end with what is wrong when it does not."""
    place, said = urlsplit(url), "nothing"
    deadline = time.monotonic() + ANSWER_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port or 80, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": HOST})
            answer = connection.getresponse()
            said = answer.read().decode(errors="replace").strip()
            if answer.status == 200:
                return said
        except OSError as error:
            said = str(error)
        finally:
            connection.close()
        time.sleep(0.1)
    sys.exit(f"error: {HOST} does not answer through the balancer at {url}: {said}\n  see: {BOUVIER} ps")


def main() -> None:
    """Start, fill the engine, run the sample, and print the addresses."""
    bouvier("up", "--detach")
    bouvier("images", "seed")
    if NAME not in [release["name"] for release in output_of("catalog", "ls")["releases"]]:
        answers = (f"host={HOST}", "tag=1", "replicas=2")
        settings = [word for answer in answers for word in ("--set", answer)]
        bouvier("catalog", "install", "library/sample", "--name", NAME, *settings, "--wait")
    bouvier("ps")
    status = output_of("status")
    address = str(status["balancer"]["http"]).removesuffix(":80")
    says = answer_of(str(status["balancer"]["http"]))
    print(
        f"""
the application    {says}
                   {address.replace("127.0.0.1", HOST)}
                   curl -H 'Host: {HOST}' {address}
the console        {status["console"].get("signIn") or status["console"]["url"]}
kubectl            export KUBECONFIG={status["kubeconfig"]}

try   {BOUVIER} catalog diff {NAME} --set tag=2
      {BOUVIER} catalog upgrade {NAME} --set tag=2 --set replicas=4 --wait
      {BOUVIER} catalog rollback {NAME} --wait
      {BOUVIER} catalog ls
end   make demo-down"""
    )


if __name__ == "__main__":
    main()
