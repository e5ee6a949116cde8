"""The rules of the registry, without any framework."""
