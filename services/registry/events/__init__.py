"""Events that the registry reads and publishes."""
