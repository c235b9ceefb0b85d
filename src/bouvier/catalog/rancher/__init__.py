"""Catalogs in Rancher's layout: entries, versions, questions and compose templates."""
