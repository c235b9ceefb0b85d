"""Random objects and configurations for the property tests of apply and managed fields."""

from hypothesis import strategies as st

from tests.unit.meta.patches.structures import SCALAR, STRINGS, DictStructure, keyed

MAP = DictStructure(
    {
        "fields": {
            "metadata": {"fields": {"labels": STRINGS, "finalizers": {"items": SCALAR, "list_type": "set"}}},
            "spec": {
                "fields": {
                    "replicas": SCALAR,
                    "paused": SCALAR,
                    "selector": STRINGS | {"map_type": "atomic"},
                    "options": STRINGS,
                    "args": {"items": SCALAR},
                    "containers": keyed(
                        ["name"],
                        {
                            "name": SCALAR,
                            "image": SCALAR,
                            "ports": keyed(
                                ["port", "protocol"],
                                {"port": SCALAR, "protocol": SCALAR, "title": SCALAR},
                                defaults={"protocol": "TCP"},
                            ),
                        },
                    ),
                }
            },
        }
    }
)

WORDS = st.sampled_from(["x", "y", "z"])
STRING_MAPS = st.dictionaries(st.sampled_from(["k1", "k2", "k3"]), WORDS, max_size=3)
PORTS = st.lists(
    st.fixed_dictionaries(
        {"port": st.integers(1, 3)}, optional={"protocol": st.sampled_from(["TCP", "UDP"]), "title": WORDS}
    ),
    max_size=3,
    unique_by=lambda port: (port["port"], port.get("protocol", "TCP")),
)
CONTAINERS = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={"image": WORDS, "ports": PORTS}),
    max_size=3,
    unique_by=lambda container: container["name"],
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "replicas": st.integers(2, 5),
        "paused": st.booleans(),
        "selector": STRING_MAPS,
        "options": STRING_MAPS,
        "args": st.lists(WORDS, max_size=2),
        "containers": CONTAINERS,
        "unknown": st.dictionaries(WORDS, st.lists(WORDS, max_size=2), max_size=2),
    },
)
METADATA = st.fixed_dictionaries(
    {"name": st.just("thing")},
    optional={"labels": STRING_MAPS, "finalizers": st.lists(WORDS, unique=True, max_size=3)},
)
OBJECTS = st.fixed_dictionaries(
    {"apiVersion": st.just("test/v1"), "kind": st.just("Thing"), "metadata": METADATA}, optional={"spec": SPECS}
)
