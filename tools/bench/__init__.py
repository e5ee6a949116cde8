"""Figures: what this machine can do at best (the floor), and what the system makes of it."""
