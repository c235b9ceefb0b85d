"""How a Build ends when it does not complete: OpenShift's reasons and sentences."""

from __future__ import annotations

MESSAGES = {
    "FetchSourceFailed": "Failed to fetch the input source.",
    "InvalidContextDirectory": "The supplied context directory does not exist.",
    "InvalidImageReference": "Referenced image could not be resolved.",
    "InvalidOutputReference": "Output image could not be resolved.",
    "PullBuilderImageFailed": "Failed pulling builder image.",
    "DockerBuildFailed": "Docker build strategy has failed.",
    "AssembleFailed": "Assemble script failed.",
    "PostCommitHookFailed": "Build failed because of post commit hook.",
    "PushImageToRegistryFailed": "Failed to push the image to the registry.",
    "DeadlineExceeded": "The build took longer than its deadline allows.",
    "GenericBuildFailed": "Generic Build failure - check logs for details.",
    "CancelledBuild": "The build was cancelled by the user.",
}


class BuildFailed(Exception):  # noqa: N818 - an outcome, not a defect
    """The Build cannot complete."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(detail or MESSAGES[reason])
        self.reason = reason
        self.detail = detail

    @property
    def message(self) -> str:
        """Return the sentence of the reason, and what is known beyond it."""
        return f"{MESSAGES[self.reason]} {self.detail}".strip()
