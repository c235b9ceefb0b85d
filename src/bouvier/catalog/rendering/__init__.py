"""Rendering in a process of its own: a template from a catalog can neither halt nor fill the controllers' process."""
