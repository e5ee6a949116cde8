"""Minutes and decisions as PDF, in the language of the meeting or the case."""
