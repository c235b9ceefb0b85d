"""The functions of sprig, that charts and catalogs use beside Go's own: one module for each subject.

Files, environment and network are out of reach: `env`, `expandenv` and `getHostByName` do not exist or answer nothing,
as in Helm.
Source: https://masterminds.github.io/sprig/
"""
