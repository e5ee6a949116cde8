"""Events of the committee: what comes in, what goes out."""
