"""The committee's rules, without any framework: protocols, applications, quorum, deadlines, calendar."""
