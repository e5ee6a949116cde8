"""What dispatch does, one concern a file."""
