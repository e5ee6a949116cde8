"""Bodies of the registry's HTTP API."""
