"""Lending seats between levels."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bouvier.apiserver.flow.seats import Seats, Wish, divide

wishes = st.dictionaries(
    st.sampled_from("abcdef"),
    st.builds(Wish, st.integers(0, 100), st.integers(0, 100), st.none() | st.integers(0, 300)),
    min_size=1,
)


@given(st.integers(1, 600), wishes)
def test_shares_are_in_proportion(total, wanted):
    """Each level's own seats are its part of the total, rounded up; what it keeps is never more than that."""
    shares = divide(total, wanted)
    everything = sum(wish.shares for wish in wanted.values()) or 1
    for name, share in shares.items():
        exact = total * wanted[name].shares / everything
        assert exact <= share.nominal < exact + 1
        assert 0 <= share.low <= share.nominal
        assert share.high <= total


@settings(max_examples=200)
@given(st.integers(10, 200), wishes, st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 10)), max_size=300))
def test_what_is_kept_is_always_there(total, wanted, asked):
    """Whatever others took, a level gets what it does not lend; nobody goes beyond his limit but for one wide request."""
    shares = divide(total, wanted)
    seats = Seats(total, shares.values())
    for name, count in asked:
        share = shares.get(name)
        if share is None or not seats.has_room(share, count):
            continue
        assert not share.used or share.used + count <= max(share.low, share.high)
        seats.take(share, count)
    for share in shares.values():
        kept = share.low - share.used
        assert kept <= 0 or seats.has_room(share, kept)


@given(st.integers(20, 200), wishes, st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(1, 5)), max_size=200))
def test_seats_come_back(total, wanted, asked):
    """When everything is given back, the books are as they were."""
    shares = divide(total, wanted)
    seats = Seats(total, shares.values())
    fresh = {name: seats.has_room(share, share.high) for name, share in shares.items()}
    taken = []
    for name, count in asked:
        if name in shares and seats.has_room(shares[name], count):
            seats.take(shares[name], count)
            taken.append((name, count))
    for name, count in taken:
        seats.give_back(shares[name], count)
    assert all(share.used == 0 for share in shares.values())
    assert {name: seats.has_room(share, share.high) for name, share in shares.items()} == fresh


def test_idle_seats_are_lent_and_asked_back():
    """A level alone uses what others lend, up to the total less what they keep; then they still get theirs."""
    shares = divide(100, {"a": Wish(50, 50), "b": Wish(50, 50)})
    seats = Seats(100, shares.values())
    while seats.has_room(shares["a"], 1):
        seats.take(shares["a"], 1)
    assert shares["a"].used == seats.limit(shares["a"]) == 75
    assert seats.limit(shares["b"]) == 25
    assert seats.has_room(shares["b"], 25)
    seats.take(shares["b"], 25)
    assert not seats.has_room(shares["b"], 1)
    seats.give_back(shares["a"], 1)
    assert seats.has_room(shares["b"], 1)


def test_borrowing_has_a_limit():
    """`borrowingLimitPercent` 0 leaves a level with its own."""
    shares = divide(100, {"a": Wish(50, 0, 0), "b": Wish(50, 100)})
    seats = Seats(100, shares.values())
    seats.take(shares["a"], 50)
    assert not seats.has_room(shares["a"], 1)
    seats.take(shares["b"], 1)
    assert seats.has_room(shares["b"], 49)


def test_a_request_wider_than_its_level_runs_alone():
    """It would wait for ever otherwise."""
    shares = divide(10, {"a": Wish(1, 0, 0), "b": Wish(9, 0)})
    seats = Seats(10, shares.values())
    assert seats.has_room(shares["a"], 5)
    seats.take(shares["a"], 5)
    assert not seats.has_room(shares["a"], 1)
