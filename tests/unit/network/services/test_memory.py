import json

from bouvier.network.services.elements import Element
from bouvier.network.services.memory import parse


def test_clients_keep_the_time_they_have_left() -> None:
    """Remembered clients are written back with their whole and remaining time."""
    key = {"elem": {"val": {"concat": ["10.42.0.9", "10.43.0.100", "tcp", 80]}, "timeout": 60, "expires": 42}}
    gone = {"elem": {"val": {"concat": ["10.42.0.8", "10.43.0.100", "tcp", 80]}, "timeout": 60}}
    listing = {"nftables": [{"metainfo": {}}, {"map": {"name": "clients", "elem": [[key, 0xB0578001], [gone, 1]]}}]}

    assert parse(json.dumps(listing), "clients") == [
        Element("clients", "10.42.0.9 . 10.43.0.100 . tcp . 80 timeout 60s expires 42s", "0xb0578001")
    ]
    assert parse(json.dumps({"nftables": [{"map": {"name": "clients"}}]}), "clients") == []
