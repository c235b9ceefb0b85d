"""Pod Security Standards: what pods of the levels baseline and restricted may not do.

Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""
