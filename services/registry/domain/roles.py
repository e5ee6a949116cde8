"""Roles that more than one part of the registry asks for."""

FILE_MANAGER = "file_manager"
# Who may use break-glass access, and so read what is not theirs.
READERS = (FILE_MANAGER, "supervisor", "magistrate")
STOCK_KEEPERS = ("technician", FILE_MANAGER)
