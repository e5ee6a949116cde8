"""Members of a committee, each with how the membership stands."""

from services.committee.models import MemberRow
from services.committee.presenters.rows import present_row
from services.committee.schemas.member import MemberOut
from services.committee.usecases.members import state_of


def present_member(found: MemberRow, name: str) -> MemberOut:
    """Present a member, and how the membership stands."""
    return present_row(MemberOut, found, name=name, state=state_of(found))
