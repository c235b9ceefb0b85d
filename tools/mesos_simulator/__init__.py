"""A simulator of Apache Mesos and Marathon that runs real containers on a Docker Engine.

There is no package of Mesos to install any more. This simulator speaks the same HTTP interfaces (master and agent
operator API v1, scheduler API v1, Marathon's /v2), so that drivers can be tried and tested: `python -m tools.mesos_simulator --help`.
It is no cluster manager to rely on: nothing is kept on disk, everybody is let in, and its containers end with it.
"""
