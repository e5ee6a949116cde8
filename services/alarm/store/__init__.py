"""The SQL of the alarm service."""
