"""Which steps a page offers to whom; the API refuses them to all others."""

from collections.abc import Collection, Mapping

from services.committee.domain.roles import DRAFTERS, PROPOSERS

_MAY: Mapping[str, Collection[str]] = {
    "may_run_meetings": ("secretariat",),
    "may_invite": ("secretariat",),
    "may_refer": ("secretariat",),
    "may_close": ("secretariat",),
    "may_ask_for_reconsideration": PROPOSERS,
    "may_grant_provisionally": ("magistrate",),
    "may_draft_protocols": DRAFTERS,
    "may_approve": ("procureur_general",),
    "may_sign": ("procureur",),
    "may_withdraw_own_conflict": ("procureur",),
}


def permissions_of(roles: frozenset[str]) -> dict[str, bool]:
    """Say what somebody with these roles may do."""
    return {step: not roles.isdisjoint(allowed) for step, allowed in _MAY.items()}
