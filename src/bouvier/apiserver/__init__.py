"""The Kubernetes API over HTTP: verbs, watch cache, authentication, authorization, admission."""
