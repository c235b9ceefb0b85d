"""What the platform needs of a host."""

from bouvier.cli.preflight.requirements import REQUIREMENTS, STAGES, is_static_program, missing


def test_every_requirement_belongs_to_a_stage_and_says_why() -> None:
    """A package that is asked for comes with the reason for it."""
    known = {when for stage in STAGES.values() for when in stage}

    assert all(requirement.when in known and requirement.why for requirement in REQUIREMENTS)


def test_what_is_missing_for_running_is_missing_for_testing() -> None:
    """The stages grow: whoever can test can run."""
    assert {needed.package for needed in missing("up")} <= {needed.package for needed in missing("test")}


def test_a_program_that_needs_a_loader_is_not_static() -> None:
    """A dynamic busybox would not start in an empty image."""
    assert is_static_program(b"\x7fELF" + b"\0" * 100)
    assert not is_static_program(b"\x7fELF" + b"\0" * 60 + b"/lib64/ld-linux-x86-64.so.2\0")
    assert not is_static_program(b"#!/bin/sh\n")
