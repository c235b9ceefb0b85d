"""The /etc/hosts and resolv.conf of a pod (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from bouvier.engine.specs import Resolver
from bouvier.meta.objects import Obj
from bouvier.node.pods.spec import domain_of, hostname_of, uses_host_network
from bouvier.node.ports import ResolverSettings

_HEAD = """# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
"""


def hosts_file(pod: Obj, ips: Sequence[str], cluster_domain: str) -> str:
    """Return the text of /etc/hosts for a pod with its own network."""
    hostname, domain = hostname_of(pod), domain_of(pod, cluster_domain)
    names = f"{hostname}.{domain}\t{hostname}" if domain else hostname
    lines = [f"{ip}\t{names}\n" for ip in ips]
    return _HEAD + "".join(lines) + _aliases(pod)


def host_network_hosts_file(pod: Obj, hosts: str) -> str:
    """Return the text of /etc/hosts for a pod on the host's network: the host's own, and the aliases."""
    return f"# Kubernetes-managed hosts file (host network).\n{hosts}{_aliases(pod)}"


def _aliases(pod: Obj) -> str:
    aliases = pod["spec"].get("hostAliases") or []
    if not aliases:
        return ""
    lines = ["\t".join([alias["ip"], *(alias.get("hostnames") or ())]) for alias in aliases]
    return "\n".join(["\n# Entries added by HostAliases.", *lines, ""])


def resolver_of(pod: Obj, cluster: ResolverSettings, host_resolv_conf: str) -> Resolver:
    """Return the resolver settings that `dnsPolicy` and `dnsConfig` ask for.

    Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#pod-s-dns-policy
    """
    policy = pod["spec"].get("dnsPolicy") or "ClusterFirst"
    if policy == "None":
        base = Resolver()
    elif policy == "Default" or (policy == "ClusterFirst" and uses_host_network(pod)):
        base = parse_resolv_conf(host_resolv_conf)
    else:
        base = Resolver(tuple(cluster.servers), tuple(cluster.searches), tuple(cluster.options))
    return _with_config(base, pod["spec"].get("dnsConfig") or {})


def _with_config(base: Resolver, config: Obj) -> Resolver:
    options = {option.partition(":")[0]: option for option in base.options}
    for entry in config.get("options") or ():
        value = entry.get("value")
        options[entry["name"]] = f"{entry['name']}:{value}" if value is not None else entry["name"]
    servers = dict.fromkeys((*base.servers, *(config.get("nameservers") or ())))
    searches = dict.fromkeys((*base.searches, *(config.get("searches") or ())))
    return Resolver(tuple(servers), tuple(searches), tuple(options.values()))


def parse_resolv_conf(text: str) -> Resolver:
    """Read a resolv.conf file."""
    found: dict[str, list[str]] = {"nameserver": [], "search": [], "options": []}
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if not words or words[0] not in found:
            continue
        if words[0] == "search":
            found["search"] = words[1:]
        else:
            found[words[0]] += words[1:]
    return Resolver(tuple(found["nameserver"]), tuple(found["search"]), tuple(found["options"]))
