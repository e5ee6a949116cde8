"""From rows to answers, as the caller may see them."""
