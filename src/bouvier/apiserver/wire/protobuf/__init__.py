"""Kubernetes' protobuf form of request bodies, read into plain JSON objects by a table of field numbers.

Only reading is done: clients that send protobuf accept JSON in return.
"""
