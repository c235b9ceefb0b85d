from bouvier.network.balancer.plan import Server
from bouvier.network.balancer.render import SERVER_OPTIONS
from bouvier.network.balancer.servers import Observed, commands, parse

ONE, TWO = Server("10.42.0.2", 80), Server("10.42.0.3", 80)

TABLE = """\
# pxname,svname,qcur,qmax,scur,smax,slim,stot,status,weight,
http,FRONTEND,,,0,0,5,0,OPEN,,
web,10.42.0.2:80,0,0,3,3,,9,UP,1,
web,BACKEND,0,0,3,3,1,9,UP,1,

"""


def test_statistics_are_read() -> None:
    """Backends and servers are told apart; frontends do not matter, nor do the headers of several tables."""
    assert parse(TABLE + TABLE.splitlines()[0] + "\n\n") == ({"web"}, [Observed("web", "10.42.0.2:80", "UP", 3)])


def test_a_new_endpoint_is_added() -> None:
    """It is added, enabled, and its checks too."""
    found = commands({"web": [ONE]}, [])

    assert found.lines == (
        f"add server web/10.42.0.2:80 10.42.0.2:80 {SERVER_OPTIONS}",
        "enable server web/10.42.0.2:80",
        "enable health web/10.42.0.2:80",
    )
    assert found.is_behind


def test_an_endpoint_that_comes_back_is_made_ready() -> None:
    """One that was leaving is taken up again as it is."""
    for status in ("DRAIN", "MAINT"):
        found = commands({"web": [ONE]}, [Observed("web", ONE.name, status, 1)])
        assert found.lines == ("set server web/10.42.0.2:80 state ready",)


def test_leaving_goes_step_by_step() -> None:
    """Drained first, out when nothing runs any more, and looked at again until it is gone."""

    def lines(status: str, sessions: int) -> tuple[str, ...]:
        found = commands(
            {"web": [ONE]}, [Observed("web", ONE.name, "UP", 0), Observed("web", TWO.name, status, sessions)]
        )
        assert found.leaving == ("web",)
        assert not found.is_behind
        return found.lines

    where = "web/10.42.0.3:80"
    assert lines("UP", 1) == (f"set server {where} state drain",)
    assert lines("DRAIN", 1) == ()
    assert lines("DRAIN", 0) == (f"set server {where} state maint", f"del server {where}")
    assert lines("MAINT", 0) == (f"del server {where}",)


def test_in_step_means_no_command() -> None:
    """Servers that are as they should be, and backends that are not ours, are left alone."""
    found = commands({"web": [ONE]}, [Observed("web", ONE.name, "DOWN 1/2", 0), Observed("x", "y", "UP", 0)])

    assert found.lines == ()
    assert not found.is_behind
    assert found.leaving == ()
