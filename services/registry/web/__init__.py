"""The registry's pages: templates and words."""
