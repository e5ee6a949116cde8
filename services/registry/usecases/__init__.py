"""What can be done with files, cards, devices and transfers."""
