"""SQL of the committee."""
