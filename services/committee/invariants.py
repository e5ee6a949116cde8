"""Statements that must return no row, ever."""

INVARIANTS: dict[str, str] = {
    "decided_without_decision": (
        "SELECT a.id FROM application a LEFT JOIN decision d ON d.application_id = a.id "
        "WHERE a.state IN ('granted', 'refused') AND d.outcome IS DISTINCT FROM a.state"
    ),
    "decision_without_decided": (
        "SELECT d.id FROM decision d JOIN application a ON a.id = d.application_id "
        "WHERE a.state NOT IN ('granted', 'refused')"
    ),
    "grant_without_reviews": (
        "SELECT d.id FROM decision d WHERE d.outcome = 'granted' AND "
        "(SELECT count(*) FROM review r WHERE r.cause_id = d.id) <> 2"
    ),
}
