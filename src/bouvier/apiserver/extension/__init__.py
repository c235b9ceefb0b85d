"""Admission that users configure: webhooks and policies.

Nothing here costs a request anything but a look into an empty map while nothing is configured. The configurations of
each logical cluster are compiled at the first request after they change.
"""
