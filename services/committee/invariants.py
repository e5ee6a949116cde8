"""Statements that must return no row, ever."""

_LAST_FINAL = (
    "(SELECT d.outcome FROM decisions d WHERE d.application_id = a.id AND d.kind = 'final' "
    "ORDER BY d.number DESC LIMIT 1)"
)

INVARIANTS: dict[str, str] = {
    "granted_or_refused_without_decision": (
        f"SELECT a.id FROM applications a WHERE a.state IN ('granted', 'refused') "  # noqa: S608 - no input
        f"AND {_LAST_FINAL} IS DISTINCT FROM a.state"
    ),
    "alive_without_grant": (
        "SELECT a.id FROM applications a WHERE a.state IN ('provisional', 'granted', 'ending', 'ended') "
        "AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.application_id = a.id AND d.outcome = 'granted' "
        "AND d.kind <> 'draft')"
    ),
    "final_without_police_and_parket": (
        "SELECT d.id FROM decisions d WHERE d.kind = 'final' AND d.meeting_id IS NOT NULL AND "
        "(SELECT count(DISTINCT value) FROM jsonb_each_text(d.present) WHERE value IN ('police', 'parket')) < 2"
    ),
    # Whoever counted said so themselves, for that partner; meetings from before there were members apart.
    "decided_on_somebody_elses_word": (
        "SELECT d.id FROM (SELECT id, meeting_id, present FROM decisions UNION ALL "
        "SELECT id, meeting_id, present FROM reviews) d JOIN LATERAL jsonb_each_text(d.present) p ON true "
        "WHERE EXISTS (SELECT 1 FROM attendances a WHERE a.meeting_id = d.meeting_id "
        "AND a.member_id IS NOT NULL) AND NOT EXISTS "
        "(SELECT 1 FROM attendances a JOIN members m ON m.id = a.member_id WHERE a.meeting_id = d.meeting_id "
        "AND a.subject = p.key AND m.person = p.key AND a.partner = p.value AND m.partner = p.value "
        "AND a.confirmed_at IS NOT NULL)"
    ),
    "decided_by_somebody_conflicted": (
        "SELECT d.id FROM decisions d JOIN applications a ON a.id = d.application_id JOIN applications o "
        "ON o.id = a.id OR o.enrolment_id = a.enrolment_id JOIN conflicts c ON c.application_id = o.id "
        "WHERE d.kind = 'final' AND d.present ? coalesce(c.person, c.subject) AND c.declared_at < d.decided_at "
        "AND (c.withdrawn_at IS NULL OR c.withdrawn_at > d.decided_at)"
    ),
    "grant_without_reviews": (
        "SELECT d.id FROM decisions d WHERE d.outcome = 'granted' AND d.kind = 'final' AND "
        "(SELECT count(*) FROM reviews r WHERE r.cause_id = d.id) <> 2"
    ),
    # Whoever waits for people is never forgotten.
    "waiting_without_deadline": (
        "SELECT a.id FROM applications a WHERE a.state IN "
        "('submitted', 'awaiting_approval', 'provisional', 'reopened', 'ending') AND NOT EXISTS "
        "(SELECT 1 FROM deadlines w WHERE w.subject_id = a.id AND w.state = 'open')"
    ),
    # An alarm that was granted works, or people are told that it does not.
    "granted_and_nobody_hears_that_it_is_off": (
        "SELECT a.id FROM applications a LEFT JOIN known_enrolments e ON e.id = a.enrolment_id "
        "WHERE a.state IN ('provisional', 'granted') AND e.status IS DISTINCT FROM 'active' AND NOT EXISTS "
        "(SELECT 1 FROM deadlines w WHERE w.subject_id = a.id AND w.state = 'open' AND w.kind IN "
        "('installation', 'urgent_installation', 'suspension', 'protection'))"
    ),
    "works_and_is_waited_for": (
        "SELECT a.id FROM applications a JOIN known_enrolments e ON e.id = a.enrolment_id JOIN deadlines w "
        "ON w.subject_id = a.id WHERE w.state = 'open' AND (e.status = 'active' AND w.kind IN "
        "('installation', 'urgent_installation', 'suspension', 'protection') "
        "OR e.status = 'ended' AND w.kind = 'device')"
    ),
    "alive_without_review_to_come": (
        "SELECT a.id FROM applications a WHERE a.state = 'granted' AND NOT EXISTS "
        "(SELECT 1 FROM reviews r WHERE r.application_id = a.id AND r.state IN ('open', 'overdue'))"
    ),
    "review_without_deadline": (
        "SELECT r.id FROM reviews r WHERE r.state IN ('open', 'overdue') AND NOT EXISTS "
        "(SELECT 1 FROM deadlines w WHERE w.subject_id = r.id)"
    ),
    "deadline_without_timer": (
        "SELECT w.id FROM deadlines w WHERE w.state = 'open' AND NOT EXISTS "
        "(SELECT 1 FROM due WHERE due.kind = 'deadline' AND due.subject_id = w.id::text)"
    ),
}
