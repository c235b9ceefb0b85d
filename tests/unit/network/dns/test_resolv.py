from pathlib import Path

from bouvier.network.dns.resolv import HostResolver, ResolvConf, parse


def test_servers_and_searches() -> None:
    """Comments and nonsense are skipped; the last search line counts."""
    text = "# x\nnameserver 192.0.2.1 ; why\nnameserver nonsense\nnameserver fe80::1%eth0\ndomain a.example\nsearch b.example. C\n"

    assert parse(text) == ResolvConf(("192.0.2.1", "fe80::1%eth0"), ("b.example", "c"))


def test_the_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """A new file counts at once; our own addresses are never asked; no file means nobody to ask."""
    file = tmp_path / "resolv.conf"
    resolver = HostResolver(file, frozenset({"10.43.0.10"}))
    assert resolver.servers() == ()

    file.write_text("nameserver 10.43.0.10\nnameserver 192.0.2.1\n")
    assert resolver.servers() == ("192.0.2.1",)
    changed = tmp_path / "next"
    changed.write_text("nameserver 192.0.2.2\n")
    changed.replace(file)
    assert resolver.servers() == ("192.0.2.2",)
