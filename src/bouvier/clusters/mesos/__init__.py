"""The drivers of Mesos: through Marathon, or as a framework of our own."""
