"""Stages of the receipt ladder: how far an alarm has come, as its device sees it."""

STAGES = ("stored", "routed", "seen", "unit_moving", "on_scene", "closed")
