"""The count of bytes goes on over reloads, restarts and looks at any moment."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from bouvier.network.balancer.process import workers_of
from bouvier.network.balancer.traffic import Bytes, Meter, load, parse

TABLE = """# pxname,svname,qcur,bin,bout,status,
default.web.80,BACKEND,0,100,2000,UP,
default.web.443,BACKEND,0,10,200,UP,
team.api.80,BACKEND,0,,,UP,
stats,BACKEND,0,7,7,UP,
default.web.80,10.0.0.1:80,0,100,2000,UP,

"""
LISTING = """#<PID>          <type>          <reloads>       <uptime>        <version>
100             master          2 [failed: 0]   0d00h02m07s     2.6.12
# workers
103             worker          0               0d00h00m01s     2.6.12
# old workers
102             worker          1               0d00h00m43s     2.6.12
# programs

"""


def test_ports_of_a_service_are_added_up() -> None:
    """Backends are named after Services; what else HAProxy serves is not counted."""
    assert parse(TABLE) == {"default/web": Bytes(110, 2200), "team/api": Bytes(0, 0)}
    assert parse("") == {}


def test_old_workers_are_asked_too() -> None:
    """After a reload the workers that finish their connections go on counting."""
    assert workers_of(LISTING) == [103, 102]


@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1000)), max_size=4), max_size=12))
def test_sums_never_shrink(looks: list[list[tuple[int, int]]]) -> None:
    """Workers come, count, and go; the sum is what each had at its last look."""
    meter, carried, generation, before = Meter("e"), {}, dict.fromkeys(range(4), 0), 0
    for look in looks:
        alive = dict(look)
        for worker in range(4):
            if worker not in alive:
                generation[worker] += 1  # another process, should it come again
        for worker, more in alive.items():
            key = f"{worker}:{generation[worker]}"
            carried[key] = carried.get(key, 0) + more
        seen = {f"{w}:{generation[w]}": {"a/b": Bytes(carried[f"{w}:{generation[w]}"], 0)} for w in alive}
        meter.take(seen)
        now = meter.sums().get("a/b", Bytes()).received
        assert now == sum(carried.values())
        assert now >= before
        before = now


def test_a_new_process_of_ours_goes_on_counting(tmp_path: Path) -> None:
    """The count is kept in a file with its epoch; without a readable one another epoch begins."""
    file = tmp_path / "traffic.json"
    meter = load(file)
    meter.take({"1:1": {"a/b": Bytes(5, 6)}})
    meter.save(file)
    again = load(file)
    again.take({"1:1": {"a/b": Bytes(8, 6)}})
    assert (again.epoch, again.sums()) == (meter.epoch, {"a/b": Bytes(8, 6)})
    file.write_text("{")
    assert load(file).epoch not in ("", meter.epoch)
    assert load(file).sums() == {}
