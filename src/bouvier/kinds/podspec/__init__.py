"""The pod's spec, shared by pods and by every template of pods: defaults, validation and what may change."""
