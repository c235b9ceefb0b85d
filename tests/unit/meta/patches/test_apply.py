"""Server-side apply: what the documentation promises, and the laws behind it."""

import copy

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bouvier.meta.errors import ApiError
from bouvier.meta.patches.apply import BEFORE_FIRST_APPLY, apply
from bouvier.meta.patches.compare import applied_fields
from bouvier.meta.patches.fieldset import check_fields, paths, show_path
from bouvier.meta.patches.managed import track
from tests.unit.meta.patches.objects import MAP, OBJECTS
from tests.unit.meta.patches.structures import DEPLOYMENT

NOON, LATER = "2030-01-01T12:00:00Z", "2030-01-01T13:00:00Z"


def deployment(labels=None, **spec) -> dict:
    metadata = {"name": "web"} | ({"labels": labels} if labels is not None else {})
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata} | ({"spec": spec} if spec else {})


def applied(live, configuration, manager="me", **options):
    return apply(live, configuration, manager, DEPLOYMENT, api_version="apps/v1", **({"now": NOON} | options))


def updated(live, manager="editor", **spec):
    new = copy.deepcopy(live) | {"spec": live.get("spec", {}) | spec}
    track(live, new, manager, DEPLOYMENT, api_version="apps/v1", now=NOON)
    return new


def with_containers(*containers, **more):
    return deployment(template={"spec": {"containers": list(containers)}}, **more)


def containers_of(obj):
    return obj["spec"]["template"]["spec"]["containers"]


def owners(obj) -> dict[str, set[str]]:
    entries = obj["metadata"].get("managedFields", [])
    return {entry["manager"]: {show_path(path) for path in paths(entry["fieldsV1"])} for entry in entries}


def content(obj):
    return obj | {"metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


def conflict(live, configuration, manager="me", **options) -> ApiError:
    with pytest.raises(ApiError) as raised:
        applied(live, configuration, manager, **options)
    assert (raised.value.reason, raised.value.code) == ("Conflict", 409)
    return raised.value


def test_applying_creates():
    """Applying what does not exist creates it, owned by the applier field by field."""
    obj = applied(None, deployment({"app": "web"}, replicas=3))
    assert content(obj) == deployment({"app": "web"}, replicas=3)
    assert obj["metadata"]["managedFields"] == [
        {
            "manager": "me",
            "operation": "Apply",
            "apiVersion": "apps/v1",
            "time": NOON,
            "fieldsType": "FieldsV1",
            "fieldsV1": {"f:metadata": {"f:labels": {"f:app": {}}}, "f:spec": {"f:replicas": {}}},
        }
    ]


def test_changing_somebody_elses_field_conflicts():
    """The message names the manager and the field as Kubernetes does, and nothing changes."""
    live = deployment(replicas=3)
    track(None, live, "kubectl-client-side-apply", DEPLOYMENT, api_version="apps/v1", now=NOON)
    error = conflict(live, deployment(replicas=5))
    assert error.message == (
        'Apply failed with 1 conflict: conflict with "kubectl-client-side-apply" using apps/v1: .spec.replicas'
    )
    assert error.details["causes"][0]["reason"] == "FieldManagerConflict"
    assert error.details["causes"][0]["field"] == ".spec.replicas"


def test_several_conflicts_have_a_cause_each():
    """Every field in conflict is named."""
    live = applied(None, deployment({"a": "1"}, replicas=3), "other")
    error = conflict(live, deployment({"a": "2"}, replicas=5))
    assert [cause["field"] for cause in error.details["causes"]] == [".metadata.labels.a", ".spec.replicas"]
    assert (
        error.message
        == 'Apply failed with 2 conflicts: conflicts with "other":\n- .metadata.labels.a\n- .spec.replicas'
    )


def test_force_takes_fields_over():
    """With force the value changes and the other manager no longer owns it."""
    live = applied(None, deployment({"a": "1"}, replicas=3), "other")
    obj = applied(live, deployment(replicas=5), force=True)
    assert obj["spec"]["replicas"] == 5
    assert owners(obj) == {"other": {".metadata.labels.a"}, "me": {".spec.replicas"}}


def test_equal_values_are_shared_without_conflict():
    """Applying the value that is there makes a co-owner; each must then ask the other to change it."""
    live = applied(None, deployment(replicas=3), "other")
    both = applied(live, deployment(replicas=3))
    assert owners(both) == {"me": {".spec.replicas"}, "other": {".spec.replicas"}}
    conflict(both, deployment(replicas=4))
    conflict(both, deployment(replicas=4), "other")


def test_a_shared_field_goes_with_its_last_applier():
    """A field that one of two appliers drops stays; when the last drops it, it goes."""
    both = applied(applied(None, deployment(replicas=3, paused=True), "other"), deployment(replicas=3))
    alone = applied(both, deployment(), "other")
    assert content(alone)["spec"] == {"replicas": 3}
    assert owners(alone) == {"me": {".spec.replicas"}}
    assert "spec" not in applied(alone, deployment({"x": "y"}))


def test_fields_no_longer_applied_are_removed():
    """What disappears from the configuration disappears from the object, siblings stay."""
    live = applied(None, deployment({"a": "1", "b": "2"}, replicas=3, paused=True))
    obj = applied(live, deployment({"b": "2"}, paused=True))
    assert content(obj) == deployment({"b": "2"}, paused=True)


def test_fields_written_by_others_meanwhile_stay():
    """A dropped field that an updater has written since belongs to the updater."""
    live = updated(applied(None, deployment(replicas=3, paused=True)), replicas=7)
    obj = applied(live, deployment(paused=True))
    assert obj["spec"] == {"replicas": 7, "paused": True}
    assert owners(obj) == {"me": {".spec.paused"}, "editor": {".spec.replicas"}}


def test_unowned_fields_stay():
    """What nobody applied, such as defaults, is not touched when fields beside it are dropped."""
    live = applied(None, deployment(replicas=3, paused=True))
    live["spec"]["minReadySeconds"] = 5
    assert applied(live, deployment(paused=True))["spec"] == {"paused": True, "minReadySeconds": 5}


def test_handing_replicas_to_an_autoscaler():
    """The way that the documentation describes: the scaler co-owns the field, the user drops it, the value stays."""
    live = applied(None, with_containers({"name": "web", "image": "web:1"}, replicas=3), "user")
    live = applied(live, deployment(replicas=3), "scaler")
    live = applied(live, with_containers({"name": "web", "image": "web:1"}), "user")
    live = applied(live, deployment(replicas=9), "scaler")
    assert live["spec"]["replicas"] == 9
    assert applied(live, with_containers({"name": "web", "image": "web:2"}), "user")["spec"]["replicas"] == 9


def test_items_of_one_list_can_have_different_owners():
    """Two managers add a container each and do not disturb one another."""
    live = applied(None, with_containers({"name": "web", "image": "web:1"}), "user")
    live = applied(live, with_containers({"name": "proxy", "image": "proxy:1"}), "mesh")
    assert [container["name"] for container in containers_of(live)] == ["web", "proxy"]
    live = applied(live, with_containers({"name": "web", "image": "web:2"}), "user")
    assert [container["image"] for container in containers_of(live)] == ["web:2", "proxy:1"]
    live = applied(live, deployment({"x": "y"}), "user")
    assert [container["name"] for container in containers_of(live)] == ["proxy"]


def test_fields_of_one_item_can_have_different_owners():
    """An item stays while somebody owns it; only the dropped fields go."""
    live = applied(None, with_containers({"name": "web", "image": "web:1"}), "user")
    live = applied(live, with_containers({"name": "web", "resources": {"limits": {"cpu": "1"}}}), "sizer")
    live = applied(live, deployment({"x": "y"}), "user")
    assert containers_of(live) == [{"name": "web", "resources": {"limits": {"cpu": "1"}}}]


def test_left_out_keys_mean_their_defaults():
    """A port without protocol is the TCP port: no second item appears, and conflicts are found."""
    live = applied(
        None, with_containers({"name": "web", "ports": [{"containerPort": 80, "protocol": "TCP", "name": "a"}]})
    )
    same = applied(live, with_containers({"name": "web", "ports": [{"containerPort": 80}]}), "other")
    assert containers_of(same)[0]["ports"] == [{"containerPort": 80, "protocol": "TCP", "name": "a"}]
    error = conflict(live, with_containers({"name": "web", "ports": [{"containerPort": 80, "name": "b"}]}), "other")
    port = '[containerPort=80,protocol="TCP"]'
    assert error.details["causes"][0]["field"] == f'.spec.template.spec.containers[name="web"].ports{port}.name'


def test_atomic_values_have_one_owner():
    """Atomic lists and maps are replaced whole and conflict whole."""
    live = applied(None, with_containers({"name": "web", "args": ["a"]}, selector={"matchLabels": {"a": "b"}}), "other")
    error = conflict(live, deployment(selector={"matchLabels": {"c": "d"}}))
    assert [cause["field"] for cause in error.details["causes"]] == [".spec.selector"]
    obj = applied(live, with_containers({"name": "web", "args": ["b"]}), force=True)
    assert containers_of(obj)[0]["args"] == ["b"]


def test_values_of_sets_have_owners_of_their_own():
    """Finalizers of several managers live side by side."""

    def finalizers(*names):
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "finalizers": list(names)}}

    live = applied(applied(None, finalizers("a", "b"), "one"), finalizers("b", "c"), "two")
    assert live["metadata"]["finalizers"] == ["a", "b", "c"]
    assert applied(live, deployment({"x": "y"}), "one")["metadata"]["finalizers"] == ["b", "c"]


def test_objects_without_managed_fields_get_a_first_owner():
    """What was there before anybody applied belongs to a manager of that name, so that changing it conflicts."""
    live = deployment(replicas=3)
    error = conflict(live, deployment(replicas=4))
    assert f'"{BEFORE_FIRST_APPLY}" using apps/v1' in error.message
    obj = applied(live, deployment(replicas=3))
    assert owners(obj) == {"me": {".spec.replicas"}, BEFORE_FIRST_APPLY: {".spec", ".spec.replicas"}}


def test_nothing_new_changes_nothing():
    """Applying the same again gives an equal object, whatever the time."""
    live = applied(None, deployment({"a": "b"}, replicas=3))
    assert applied(live, deployment({"a": "b"}, replicas=3), now=LATER) == live
    assert applied(live, deployment({"a": "b"}, replicas=4), now=LATER)["metadata"]["managedFields"][0]["time"] == LATER


def test_subresources_have_entries_of_their_own():
    """One applier of object and status owns each through its own entry."""
    live = applied(None, deployment(replicas=3))
    status = deployment() | {"status": {"replicas": 3}}
    obj = applied(live, status, subresource="status")
    assert [entry.get("subresource") for entry in obj["metadata"]["managedFields"]] == [None, "status"]
    assert obj["spec"] == {"replicas": 3}
    assert "status" in applied(obj, deployment(paused=True))


def test_null_is_a_value():
    """Applying null over somebody's field conflicts, and by force removes it; identity is never lost."""
    live = applied(None, deployment(replicas=3, paused=True), "other")
    live["metadata"] |= {"creationTimestamp": NOON, "uid": "1"}
    conflict(live, deployment(replicas=None))
    configuration = deployment(replicas=None)
    configuration["metadata"]["creationTimestamp"] = None
    obj = applied(live, configuration, force=True)
    assert obj["spec"] == {"paused": True}
    assert obj["metadata"]["creationTimestamp"] == NOON


def test_removed_fields_leave_every_set():
    """When an item goes, updaters that owned fields in it lose them."""
    live = applied(None, with_containers({"name": "web", "image": "1"}, {"name": "log"}))
    spec = copy.deepcopy(live["spec"])
    spec["template"]["spec"]["containers"][0]["image"] = "2"
    live = updated(live, **spec)
    obj = applied(live, with_containers({"name": "log"}))
    assert containers_of(obj) == [{"name": "log"}]
    assert list(owners(obj)) == ["me"]


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ([], "must be an object"),
        ({}, "metadata"),
        ({"metadata": {"managedFields": []}}, "managedFields must be nil"),
        (with_containers({"image": "x"}), 'omits key field "name"'),
        (with_containers({"name": "a"}, {"name": "a"}), "duplicate entries"),
    ],
)
def test_malformed_configurations_are_bad_requests(configuration, message):
    """The message says what is wrong with the configuration."""
    with pytest.raises(ApiError) as raised:
        applied(None, configuration)
    assert raised.value.reason == "BadRequest"
    assert message in raised.value.message


def apply_to(live, configuration, manager, *, force=True, now=NOON):
    return apply(live, configuration, manager, MAP, api_version="test/v1", now=now, force=force)


def compact(value):
    """Drop empty objects and lists, which stand for absence in the fields that these tests compare."""
    if isinstance(value, dict):
        inner = {name: compact(item) for name, item in value.items()}
        return {name: item for name, item in inner.items() if item not in ({}, [])}
    return [compact(item) for item in value] if isinstance(value, list) else value


def by_name(value):
    """Sort lists, whose order depends on who applied first."""
    if isinstance(value, dict):
        return {name: by_name(item) for name, item in value.items()}
    return sorted(map(by_name, value), key=str) if isinstance(value, list) else value


def halves(obj, choose):
    """Share out the leaves of an object between two configurations, whole items of lists to one of them."""
    first, second = {}, {}
    for name, value in obj.items():
        if name in ("apiVersion", "kind", "name"):
            first[name] = second[name] = value
        elif isinstance(value, dict) and name != "selector" and value:
            one, two = halves(value, choose)
            first |= {name: one} if one or name == "metadata" else {}
            second |= {name: two} if two or name == "metadata" else {}
        elif isinstance(value, list) and name in ("containers", "finalizers"):
            picks = [choose() for _ in value]
            first[name] = [item for item, pick in zip(value, picks, strict=True) if pick]
            second[name] = [item for item, pick in zip(value, picks, strict=True) if not pick]
        else:
            (first if choose() else second)[name] = value
    return first, second


CONFIGURATIONS = st.lists(st.tuples(OBJECTS, st.sampled_from(["a", "b", "c"]), st.booleans()), min_size=1, max_size=5)


def history(steps):
    """Return the object after applies (forced) and updates in turn."""
    live = None
    for obj, manager, is_update in steps:
        if is_update and live is not None:
            new = copy.deepcopy(obj)
            track(live, new, manager, MAP, api_version="test/v1", now=NOON)
            live = new
        else:
            live = apply_to(live, obj, manager)
    return live


@given(CONFIGURATIONS, OBJECTS)
def test_apply_is_idempotent(steps, configuration):
    """Applying twice is applying once, times included, and needs no force the second time."""
    assume(applied_fields(configuration, MAP))
    once = apply_to(history(steps), configuration, "me")
    assert apply_to(once, configuration, "me", force=False, now=LATER) == once


@given(CONFIGURATIONS, OBJECTS)
def test_the_applier_owns_exactly_its_configuration(steps, configuration):
    """After a forced apply the entry is the configuration's set, all entries are valid, and nothing is left behind."""
    live = history(steps)
    before = copy.deepcopy(live)
    obj = apply_to(live, configuration, "me")
    own = [entry for entry in obj["metadata"].get("managedFields", []) if entry["manager"] == "me"]
    assert [entry["fieldsV1"] for entry in own] == [fields for fields in [applied_fields(configuration, MAP)] if fields]
    for entry in obj["metadata"].get("managedFields", []):
        check_fields(entry["fieldsV1"])
        assert entry["fieldsV1"]
    assert live == before


@given(CONFIGURATIONS, OBJECTS)
def test_the_configuration_is_in_the_object(steps, configuration):
    """Laying the configuration over the result changes nothing: all of it is there."""
    obj = apply_to(history(steps), configuration, "me")
    assert content(apply_to(content(obj), configuration, "other")) == content(obj)


@given(OBJECTS, OBJECTS)
def test_the_only_manager_gets_what_it_applies(first, second):
    """With one manager the object is always the last configuration: what it drops goes."""
    obj = apply_to(apply_to(None, first, "me"), second, "me", force=False)
    assert compact(content(obj)) == compact(second)


@given(OBJECTS, st.data())
def test_disjoint_configurations_commute(obj, data):
    """Two managers of different fields need no force and get the same object in either order."""
    one, two = halves(obj, lambda: data.draw(st.booleans()))
    assume(applied_fields(one, MAP) and applied_fields(two, MAP))
    ab = apply_to(apply_to(None, one, "a"), two, "b", force=False)
    ba = apply_to(apply_to(None, two, "b"), one, "a", force=False)
    assert by_name(content(ab)) == by_name(content(ba))
    assert owners(ab) == owners(ba)
    assert compact(by_name(content(ab))) == compact(by_name(obj))


@given(OBJECTS, st.data())
def test_leaving_undoes_what_only_one_manager_applied(obj, data):
    """When one of two managers drops everything, exactly the other's configuration remains."""
    one, two = halves(obj, lambda: data.draw(st.booleans()))
    both = apply_to(apply_to(None, one, "a"), two, "b", force=False)
    nothing = {"apiVersion": "test/v1", "kind": "Thing", "metadata": {"name": "thing"}}
    assert compact(content(apply_to(both, nothing, "b", force=False))) == compact(one)


@given(OBJECTS, OBJECTS)
def test_conflicts_are_exactly_what_force_takes(first, second):
    """Without force the apply succeeds if and only if no other manager would lose a field to it."""
    live = apply_to(None, first, "other")
    lost = owners(live).get("other", set()) - owners(apply_to(live, second, "me")).get("other", set())
    try:
        apply_to(live, second, "me", force=False)
        named = set()
    except ApiError as error:
        named = {cause["field"] for cause in error.details["causes"]}
    assert named == lost
