"""The committee's pages: templates and words."""
