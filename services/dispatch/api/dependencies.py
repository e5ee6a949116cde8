"""What endpoints ask for."""

ROOM = ("operator", "supervisor", "gateway")
UNIT = ("unit", "gateway")
