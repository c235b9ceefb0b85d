"""Validation rules of custom kinds (`x-kubernetes-validations`): CEL expressions in their schemas.

`declared` reads a structural schema as types, `compiled` finds and compiles the rules, `checks` judges them when a
definition is written, and `evaluated` applies them to objects.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules
"""
