"""Numbers of Services: repairing their claims, and the ranges that addresses come from."""
