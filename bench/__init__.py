"""The benchmarks: each figure beside a floor that is measured in the same run. See docs/benchmarks.md."""
