"""The least that a job could cost: the same work with everything of the platform left out."""
