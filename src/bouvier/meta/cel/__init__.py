"""The Common Expression Language with Kubernetes' libraries.

Text goes through `parser` (syntax tree, macros recognised), `checker` (static types, overloads) and `compiler`
(nested Python functions) once; `program.Program` then evaluates it any number of times, counting cost as it goes.
Values are plain Python: JSON as it is decoded, `values.UInt`, `values.Timestamp`, `values.Duration` and the opaque
values of the libraries.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md
"""
