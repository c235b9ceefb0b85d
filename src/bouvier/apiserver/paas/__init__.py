"""Answers of OpenShift's groups that are more than storing objects: builds, image streams, projects."""
