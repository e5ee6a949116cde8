"""Who may know what: the one table that APIs, pages, streams and exports show personal data by.

The table is the domain brief's ("Who may see what"). A field of an answer says to which group it belongs
(`Personal`); what a caller may know of that group follows from the caller's audience and the circumstances.
A conflict of interest beats all of it: such a caller is told that there is no such case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """What belongs together, row by row."""

    VICTIM = "victim"
    PERPETRATOR = "perpetrator"
    LOCATION = "location"
    CASE = "case"
    NOTES = "notes"
    DEVICE = "device"


class Audience(StrEnum):
    """Who looks, column by column."""

    CONTROL_ROOM = "control_room"
    PATROL = "patrol"
    FILE_MANAGER = "file_manager"
    COMMITTEE = "committee"
    AID = "aid"
    TECHNICIAN = "technician"


class Share(StrEnum):
    """What a cell says."""

    YES = "yes"
    NO = "no"
    DURING_ALARM = "during_alarm"
    ASSIGNED = "assigned"
    OWN_CASE = "own_case"
    # The fields marked `essence`, and of the caller's own cases only.
    ESSENCE = "essence"
    AUTHORS_CHOICE = "authors_choice"
    AUTHOR = "author"
    # Whether it works, without more: the fields marked `essence`.
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Personal:
    """Marks a field. `essence`: it is also what those see who may know only the essence of the group."""

    group: Group
    essence: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a caller stands to what is shown.

    `alarm`: an alarm of this victim is open; `assigned`: the caller's unit is on it; `own_case`: the caller's
    partner proposed or follows it; `author`: the caller wrote it; `chosen`: its author shares it.
    """

    alarm: bool = False
    assigned: bool = False
    own_case: bool = False
    author: bool = False
    chosen: bool = False


AUDIENCES: Mapping[str, Audience] = {
    "operator": Audience.CONTROL_ROOM,
    "supervisor": Audience.CONTROL_ROOM,
    "gateway": Audience.CONTROL_ROOM,
    "unit": Audience.PATROL,
    "file_manager": Audience.FILE_MANAGER,
    "committee": Audience.COMMITTEE,
    "secretariat": Audience.COMMITTEE,
    "magistrate": Audience.COMMITTEE,
    "procureur": Audience.COMMITTEE,
    "procureur_general": Audience.COMMITTEE,
    "follow_up": Audience.AID,
    "technician": Audience.TECHNICIAN,
    # Watches over devices of all zones, by pseudonym; victim support is `follow_up`.
    "device_desk": Audience.TECHNICIAN,
}

# As whom a service may hear what others publish, at most during an alarm: by the first name of its queues.
# What it measured or wrote itself it knows anyway.
READERS: Mapping[str, frozenset[Audience]] = {
    "registry": frozenset({Audience.FILE_MANAGER}),
    "committee": frozenset({Audience.COMMITTEE}),
    "dispatch": frozenset({Audience.CONTROL_ROOM, Audience.PATROL}),
    "cic": frozenset({Audience.CONTROL_ROOM}),
    "reporting": frozenset({Audience.TECHNICIAN}),
    "alarm": frozenset(),
}

# One line a group, in the order of `Audience`: control room, patrol, file manager, committee, aid, technician.
_ROWS: Mapping[Group, tuple[Share, ...]] = {
    Group.VICTIM: (
        *(Share.DURING_ALARM, Share.ASSIGNED, Share.YES),
        *(Share.YES, Share.OWN_CASE, Share.NO),
    ),
    Group.PERPETRATOR: (
        *(Share.DURING_ALARM, Share.ASSIGNED, Share.YES),
        *(Share.YES, Share.ESSENCE, Share.NO),
    ),
    Group.LOCATION: (
        *(Share.DURING_ALARM, Share.ASSIGNED, Share.DURING_ALARM),
        *(Share.NO, Share.NO, Share.NO),
    ),
    Group.CASE: (
        *(Share.NO, Share.NO, Share.YES),
        *(Share.YES, Share.ESSENCE, Share.NO),
    ),
    Group.NOTES: (
        *(Share.NO, Share.NO, Share.NO),
        *(Share.AUTHORS_CHOICE, Share.AUTHOR, Share.NO),
    ),
    Group.DEVICE: (
        *(Share.STATUS, Share.NO, Share.YES),
        *(Share.NO, Share.NO, Share.YES),
    ),
}
TABLE: Mapping[tuple[Group, Audience], Share] = {
    (group, audience): share
    for group, shares in _ROWS.items()
    for audience, share in zip(Audience, shares, strict=True)
}


def audiences(roles: Iterable[str]) -> frozenset[Audience]:
    """The columns of a caller's roles; a role that is none of them knows nothing."""
    return frozenset(AUDIENCES[role] for role in roles if role in AUDIENCES)


def may_know(who: Iterable[Audience], personal: Personal, how: Circumstances) -> bool:
    """Whether any of these columns lets the caller see a field under the circumstances."""
    return any(_holds(TABLE[personal.group, audience], personal, how) for audience in who)


def _holds(share: Share, personal: Personal, how: Circumstances) -> bool:
    match share:
        case Share.YES:
            return True
        case Share.DURING_ALARM:
            return how.alarm
        case Share.ASSIGNED:
            return how.alarm and how.assigned
        case Share.OWN_CASE:
            return how.own_case
        case Share.ESSENCE:
            # Who writes an application reads what he writes.
            return how.own_case and (personal.essence or how.author)
        case Share.AUTHORS_CHOICE:
            return how.author or how.chosen
        case Share.AUTHOR:
            return how.author
        case Share.STATUS:
            return personal.essence
        case Share.NO:
            return False
