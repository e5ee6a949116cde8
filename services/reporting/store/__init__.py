"""The SQL of reporting, by subject."""
