"""Turning the services of a Compose project into API objects. All pure."""
