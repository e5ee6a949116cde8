"""What the alarm service does."""
