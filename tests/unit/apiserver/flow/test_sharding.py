"""Hands of queues."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bouvier.apiserver.flow.sharding import deal, flow_hash


@given(st.integers(0, 2**64 - 1), st.integers(1, 300), st.data())
def test_a_hand_has_different_queues(number, deck, data):
    """A hand is as large as asked, and every card of it is another one of the deck."""
    hand = data.draw(st.integers(0, min(deck, 8)))
    cards = deal(number, deck, hand)
    assert len(cards) == len(set(cards)) == hand
    assert all(0 <= card < deck for card in cards)


def test_every_queue_is_dealt_about_as_often():
    """Flows spread over all queues: no queue gets twice its part of 20,000 flows, none less than half."""
    counts = [0] * 64
    for flow in range(20_000):
        for card in deal(flow_hash("schema", f"user{flow}"), 64, 6):
            counts[card] += 1
    expected = 20_000 * 6 / 64
    assert expected / 2 < min(counts) <= max(counts) < expected * 2


def test_flows_rarely_share_their_whole_hand():
    """Of a thousand users no two neighbours have the same queues, so a greedy one leaves the other a free one."""
    hands = [frozenset(deal(flow_hash("schema", f"user{n}"), 128, 6)) for n in range(1000)]
    assert all(one != other for one, other in pairwise(hands))
    assert deal(flow_hash("a", "u"), 128, 6) == deal(flow_hash("a", "u"), 128, 6)
    assert deal(0, 10_000_000, 2) == (0, 9_999_999)
