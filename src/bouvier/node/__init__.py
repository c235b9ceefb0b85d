"""The agent on a host: makes the engine run the pods bound to it."""
