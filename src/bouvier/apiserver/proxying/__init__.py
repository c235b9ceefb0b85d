"""Passing requests on to pods, services and hosts: `…/proxy/…`."""
