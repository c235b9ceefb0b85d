"""DaemonSet: one pod on each host that its template allows."""
