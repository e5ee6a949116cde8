"""The mark of the development set-up; a module of its own for those who have no time for pydantic."""

# Every secret made by the development set-up has it; production refuses it.
DEVELOPMENT_PREFIX = "development-"
