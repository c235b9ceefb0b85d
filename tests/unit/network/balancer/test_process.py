from bouvier.network.balancer.process import Processes, parse

UP = """\
#<PID>          <type>          <reloads>       <uptime>        <version>
24830           master          2 [failed: 1]   0d00h00m03s     2.6.12-1
# workers
24999           worker          0               0d00h00m03s     2.6.12-1
# old workers
24832           worker          2               0d00h01m03s     2.6.12-1
# programs
"""


def test_the_present_worker_is_told_from_old_ones() -> None:
    """Old workers that finish their connections are not the one that serves."""
    assert parse(UP) == Processes(24830, 24999, 1)
    without = UP.replace("24999           worker          0               0d00h00m03s     2.6.12-1\n", "")
    assert parse(without) == Processes(24830, 0, 1)
    assert parse("Unknown command") is None
