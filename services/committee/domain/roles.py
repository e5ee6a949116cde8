"""Who does what here, by the role in the token."""

# Who proposes an alarm, and who sits on the committee.
PROPOSERS = ("committee", "secretariat", "file_manager", "follow_up")
MEMBERS = ("committee", "secretariat", "magistrate", "procureur")
READERS = (*PROPOSERS, "magistrate", "procureur", "procureur_general")
# Who says what its partner thinks: members, and victim support of what it proposed.
OPINION_GIVERS = (*MEMBERS, "follow_up")
# Who assesses a risk, who writes protocols, and who reads them.
OFFICERS = (*PROPOSERS, "magistrate")
DRAFTERS = ("secretariat", "admin")
PROTOCOL_READERS = (*READERS, "admin")
PROTOCOL_KEEPERS = ("admin", *MEMBERS, "procureur_general")
# Who says that somebody else's conflict of interest was declared wrongly; one's own, the procureur alone.
CONFLICT_KEEPERS = ("secretariat", "procureur")
# Who sees the cases of their committees; the rest sees what it proposed.
COMMITTEE = frozenset(MEMBERS)
