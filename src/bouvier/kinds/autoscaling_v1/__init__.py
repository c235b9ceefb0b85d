"""The `autoscaling/v1` group version: an older view of what `autoscaling/v2` stores."""
