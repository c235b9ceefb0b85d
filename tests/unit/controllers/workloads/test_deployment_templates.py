"""Which ReplicaSet belongs to a template."""

from bouvier.controllers.workloads.deployment_templates import (
    HASH_LABEL,
    current_replica_set,
    same_template,
    template_hash,
)
from tests.unit.controllers.making import deployment, replica_set, template


def test_equal_templates_have_one_hash_and_other_ones_another():
    """The order of fields and absent values make no difference; a collision count does."""
    one = template()
    reordered = {"spec": one["spec"], "metadata": {**one["metadata"], "creationTimestamp": None}}
    assert template_hash(one, 0) == template_hash(reordered, 0)
    assert template_hash(one, 0) != template_hash(one, 1)
    assert template_hash(one, 0) != template_hash(template("web:2"), 0)


def test_the_hash_label_is_not_part_of_a_template():
    """A ReplicaSet's template carries the label that its Deployment's does not."""
    labelled = template()
    labelled["metadata"]["labels"] = {**labelled["metadata"]["labels"], HASH_LABEL: "x"}
    assert same_template(template(), labelled)


def test_an_empty_directory_is_not_the_absence_of_one():
    """`emptyDir: {}` means something, so templates that differ in it differ."""
    one, other = template(), template()
    one["spec"] = {**one["spec"], "volumes": [{"name": "v", "emptyDir": {}}]}
    other["spec"] = {**other["spec"], "volumes": [{"name": "v"}]}
    assert not same_template(one, other)


def test_of_two_equal_sets_the_older_is_used():
    """A controller that once made two by mistake settles on one."""
    young, old = replica_set("a"), replica_set("b")
    young["metadata"]["creationTimestamp"] = "2030-01-02T00:00:00Z"
    old["metadata"]["creationTimestamp"] = "2030-01-01T00:00:00Z"
    assert current_replica_set(deployment(), [young, old]) is old
    assert current_replica_set(deployment(image="web:9"), [young, old]) is None
