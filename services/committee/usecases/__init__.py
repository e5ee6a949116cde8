"""What can be done with protocols, cases, meetings and reviews; each is one unit of work of its caller."""
