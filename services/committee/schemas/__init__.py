"""Bodies of the committee's HTTP API."""
