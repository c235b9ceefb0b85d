"""Shuffle sharding: a flow may use only a few of the queues, so that few flows share all of theirs with a greedy one.

Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ ("Queuing")
"""

from __future__ import annotations

import hashlib


def flow_hash(schema: str, distinguisher: str) -> int:
    """Return the number, of 64 bits, that stands for a flow of a schema."""
    text = f"{schema}\0{distinguisher}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest())


def deal(number: int, deck: int, hand: int) -> tuple[int, ...]:
    """Return `hand` different cards of a deck `0 … deck-1`, chosen by a number."""
    moved: dict[int, int] = {}
    cards = []
    for left in range(deck, deck - hand, -1):
        number, place = divmod(number, left)
        cards.append(moved.get(place, place))
        moved[place] = moved.get(left - 1, left - 1)
    return tuple(cards)
