"""Bodies that tests send: complete, with what a test is about given by keyword."""

from datetime import date
from typing import Any

from tests.support.days import today

Body = dict[str, Any]


def a_card(**changes: Any) -> Body:
    """An intervention card with its two codes."""
    return _card(date(2026, 11, 2), date(2027, 1, 31)) | changes


def a_card_of_today() -> Body:
    """A card of which nothing is overdue."""
    return _card(today(), today(200))


def _card(verified_on: date, until: date) -> Body:
    """A card whose weapons and violence were looked at on a day, and whose measure holds until another."""
    checked = verified_on.isoformat()
    perpetrator = {
        "name": "Jan Claes",
        "born_on": "1985-02-11",
        "violence": [{"text": "strangling (2025)", "source": "PV", "verified_on": checked}],
        "weapons": [{"text": "knife", "source": "victim", "verified_on": checked}],
        "vehicles": [{"text": "grey VW Golf", "plate": "1-ABC-234"}],
    }
    card = {
        "victim": {"name": "An Peeters", "born_on": "1990-05-02", "phone": "+32470000000"},
        "languages": ["nl", "fr"],
        "perpetrators": [perpetrator],
        "measures": [{"kind": "no-contact order", "until": until.isoformat()}],
        "addresses": [{"kind": "home", "text": "Korenmarkt 1, 9000 Gent", "access_notes": "second bell"}],
        "dogs": "one, friendly",
    }
    return {"card": card, "cancel_code": "2468", "duress_code": "1357"}


def a_protocol(**changes: Any) -> Body:
    """The content of a protocol of Ghent."""
    partners = {
        "police": "files applications, answers alarms",
        "parket": "public prosecutor",
        "city": "chairs the committee",
        "victim-support": "proposes and follows up",
    }
    return {
        "name": "Protocol stalkingalarm Gent",
        "district": "Gent",
        "zones": ["z1"],
        "language": "nl",
        "partners": [{"id": name, "role": role, "member": True} for name, role in partners.items()],
        "proposers": ["police", "victim-support"],
        "procedures": ["ordinary", "urgent"],
        "conditions": [
            {"id": "intimate", "text": "the stalker is a former partner"},
            {"id": "reachable", "text": "the victim carries a charged telephone"},
        ],
        "quorum": ["police", "parket"],
        "purpose": "to decide who gets a stalkingalarm, for how long (art. 458ter of the criminal code)",
        "modalities": "what is said in the meeting stays there; partners share what this protocol lists",
        "delays": {"decision_days": 14, "decision_counts": "calendar"},
        "shared_fields": {"ketenaanpak": ["risk_level", "elements"]},
    } | changes


def an_application(**changes: Any) -> Body:
    """A complete application of the police for an alarm."""
    return {
        "enrolment_id": "0d4cb4d2-0f3e-4c11-8c86-3f1c3cf24d8a",
        "protocol_id": "5e4f35b0-9a3c-4d6c-a3cf-0e2b1c6a7f10",
        "procedure": "ordinary",
        "proposer": "police",
        "zone_id": "z1",
        "language": "nl",
        "pv_numbers": ["GE.37.L1.012345/2026"],
        "elements": {
            "harassment": "41 calls in a week after a no-contact order",
            "serious_disturbance": "she moved twice and does not go out alone",
            "knew_or_should_have_known": "he was told so in writing on 3 March",
        },
        "conditions": {
            "intimate": {"met": True, "grounds": "lived together until January"},
            "reachable": {"met": True},
        },
        "assessment": {
            "instrument": "SAM",
            "version": "2.1",
            "answers": {"N1": "yes", "P4": "possible"},
            "level": "high",
        },
    } | changes


def a_referral(**changes: Any) -> Body:
    """The referral of a case to the chain approach, on consent."""
    return {
        "basis": "consent",
        "grounds": "she signed the form on 12 January",
        "fields": ["risk_level", "elements"],
        "side_by_side": True,
    } | changes


def a_refusal(**changes: Any) -> Body:
    """What a refusal says."""
    return {
        "reasons": "the second element is not shown",
        "alternatives": ["chain approach", "no-contact order"],
        "review_way": "ask the secretariat for a review by other members within 30 days",
    } | changes
