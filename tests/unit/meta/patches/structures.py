"""A structure written down as a dict, for tests of the patches."""

from bouvier.meta.patches.structure import Structure


class DictStructure:
    """`{"fields": {...}}`, `{"values": {...}}` (a map), `{"items": {...}}` or `{}` (a scalar), with the attributes beside."""

    def __init__(self, description: dict) -> None:
        self._description = description
        self.is_object = "fields" in description or "values" in description
        self.is_list = "items" in description
        self.list_type = description.get("list_type", "atomic")
        self.map_type = description.get("map_type", "granular")
        self.map_keys = tuple(description.get("keys", ()))
        self.key_defaults = description.get("defaults", {})
        self.merge_key = description.get("merge_key", "")
        self.patch_strategy = frozenset(description.get("strategy", ()))
        self._fields = {name: DictStructure(field) for name, field in description.get("fields", {}).items()}
        self._values = DictStructure(description["values"]) if "values" in description else None
        self._items = DictStructure(description["items"]) if "items" in description else None

    def field(self, name: str) -> Structure | None:
        return self._fields.get(name, self._values)

    def items(self) -> Structure | None:
        return self._items


SCALAR: dict = {}
STRINGS = {"values": SCALAR}


def keyed(keys, item_fields, *, merge_key="", **more):
    """Describe a list of objects known by their keys."""
    return {
        "items": {"fields": item_fields},
        "list_type": "map",
        "keys": keys,
        "merge_key": merge_key or keys[0],
        "strategy": ["merge"],
        **more,
    }


CONTAINER = {
    "name": SCALAR,
    "image": SCALAR,
    "args": {"items": SCALAR},
    "env": keyed(["name"], {"name": SCALAR, "value": SCALAR}),
    "ports": keyed(
        ["containerPort", "protocol"],
        {"containerPort": SCALAR, "protocol": SCALAR, "name": SCALAR},
        defaults={"protocol": "TCP"},
    ),
    "resources": {"fields": {"limits": STRINGS, "requests": STRINGS}},
}
METADATA = {
    "fields": {
        "name": SCALAR,
        "namespace": SCALAR,
        "uid": SCALAR,
        "labels": STRINGS,
        "annotations": STRINGS,
        "finalizers": {"items": SCALAR, "list_type": "set", "strategy": ["merge"]},
        "managedFields": {"items": {"fields": {}}},
    }
}
POD_SPEC = {
    "fields": {
        "nodeSelector": STRINGS | {"map_type": "atomic"},
        "containers": keyed(["name"], CONTAINER),
        "tolerations": {"items": {"fields": {"key": SCALAR}}},
        "volumes": keyed(
            ["name"],
            {
                "name": SCALAR,
                "emptyDir": {"fields": {"sizeLimit": SCALAR, "medium": SCALAR}},
                "hostPath": {"fields": {"path": SCALAR}},
            },
            strategy=["merge", "retainKeys"],
        ),
        "terminationGracePeriodSeconds": SCALAR,
    }
}
DEPLOYMENT = DictStructure(
    {
        "fields": {
            "apiVersion": SCALAR,
            "kind": SCALAR,
            "metadata": METADATA,
            "spec": {
                "fields": {
                    "replicas": SCALAR,
                    "paused": SCALAR,
                    "selector": {"fields": {"matchLabels": STRINGS}, "map_type": "atomic"},
                    "strategy": {
                        "fields": {"type": SCALAR, "rollingUpdate": {"fields": {"maxSurge": SCALAR}}},
                        "strategy": ["retainKeys"],
                    },
                    "template": {"fields": {"metadata": METADATA, "spec": POD_SPEC}},
                }
            },
            "status": {
                "fields": {"replicas": SCALAR, "conditions": keyed(["type"], {"type": SCALAR, "status": SCALAR})}
            },
        }
    }
)
