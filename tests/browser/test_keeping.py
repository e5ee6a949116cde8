"""The committee keeps what it granted, in a real browser, by keyboard: reviews, chain approach, protocols."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.committee_pages import comes_in, convened, go, page_of, put_before, submitted
from tests.browser.crew import Crew
from tests.browser.desks import DeskOpener, accessible, dated, fits, opened, picked, saved, typed
from tests.support.days import today
from tools.demo import committee
from tools.simulation.chain_approach import ChainApproach

PROTOCOL = f"/desk/protocols/{committee.PROTOCOL_ID}"
OUTSIDE: dict[str, Any] = {"protocol_id": None, "exceptional": "no protocol in her district", "conditions": {}}


def granted(crew: Crew) -> str:
    """The path of a case with an alarm, which is to be looked at again."""
    case = submitted(crew)

    async def decided() -> None:
        meeting = await committee.Meeting.opened(crew.world, committee.about(case))
        await meeting.comes_in("bert", "police", "Bert")
        await meeting.comes_in("carla", "parket", "Carla")
        await meeting.decides(case, "grant", reasons="all three elements are shown")
        await meeting.closed()

    crew.do(decided())
    return case


def ticked(page: Page, selector: str, *, on: bool = True) -> None:
    """By keyboard: boxes that are not ticked yet, or that are no longer to be."""
    for box in page.locator(selector).all():
        if box.is_checked() != on:
            box.focus()
            page.keyboard.press("Space")


def refused(page: Page, name: str, words: str) -> None:
    """Beside its field, in the reader's words, with the focus there; it was not sent anew."""
    field = page.locator(f"[name='{name}']:visible").first
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    expect(page.locator(".wrong:visible").first).to_have_text(words)


def state(page: Page, case: str, words: str) -> None:
    """What its page says of a case."""
    go(page, page_of(case))
    expect(page.locator("h2 .badge").first).to_have_text(words)


@pytest.mark.timeout(300)
def test_a_review_extends_an_alarm(crew: Crew, desk: DeskOpener) -> None:
    case, secretary = granted(crew), desk("secretariat", "nl-BE")
    put_before(crew, secretary, convened(secretary), case, "review_id")
    expect(secretary.locator("[name=ends_on], [name=plan]").locator("visible=true")).to_have_count(0)
    picked(secretary, "outcome", "extend")
    expect(secretary.locator("[name=plan]")).to_be_hidden()
    typed(secretary, "reasons", "hij wacht nog altijd aan de school")
    dated(secretary, "ends_on", today(500))
    ticked(secretary, "[name$='.met']:visible")
    accessible(secretary)
    button = secretary.locator("form[data-api$='/hold'] button")
    button.press("Enter")
    refused(secretary, "ends_on", "Zo lang mag een alarm onder dit protocol niet lopen.")
    expect(secretary.locator("[name=reasons]").first).to_have_value("hij wacht nog altijd aan de school")
    fits(secretary)
    dated(secretary, "ends_on", today(90))
    saved(secretary, "/hold")
    state(secretary, case, "toegekend")
    expect(secretary.locator("ol.line")).to_contain_text("evaluatie: verlengen")
    fits(secretary)
    go(secretary, "/desk/reviews")
    fits(secretary)


@pytest.mark.timeout(300)
def test_a_review_ends_an_alarm_with_a_plan(crew: Crew, desk: DeskOpener) -> None:
    case, secretary = granted(crew), desk("secretariat", "fr-BE")
    meeting = convened(secretary)
    put_before(crew, secretary, meeting, case, "review_id")
    picked(secretary, "outcome", "extend")
    typed(secretary, "ends_on", "")
    picked(secretary, "outcome", "end")  # what was chosen before leaves nothing behind
    typed(secretary, "reasons", "il a déménagé à l'étranger")
    typed(secretary, "plan", "la police reprend l'appareil lundi, le CAW la suit")
    accessible(secretary)
    # Meanwhile one of them left: nothing is decided, and nothing that was written is lost.
    other = desk("secretariat", "fr-BE", meeting)
    with other.expect_navigation():
        other.locator("form[data-api$='/leave'] button[aria-label$=': Carla']").press("Enter")
    secretary.locator("form[data-api$='/hold'] button").press("Enter")
    expect(secretary.locator("[role=alert]")).to_have_text("Pas de quorum, manque : parquet.")
    expect(secretary.locator("[name=plan]")).to_have_value("la police reprend l'appareil lundi, le CAW la suit")
    other.reload()
    expect(other.locator("form[data-api$='/hold']")).to_have_count(0)
    comes_in(crew, other, "Carla", "parket")
    saved(secretary, "/hold")
    state(secretary, case, "prend fin : appareil à rendre")
    expect(secretary.locator("ol.line")).to_contain_text("réexamen: mettre fin")


@pytest.mark.timeout(300)
def test_a_protocol_from_draft_to_in_force_by_three_people(desk: DeskOpener) -> None:
    secretary = desk("secretariat", "nl-BE", PROTOCOL)
    accessible(secretary)
    secretary.get_by_role("link", name="Volgende versie opstellen").press("Enter")
    fits(secretary)
    typed(secretary, "quorum", "politie")
    secretary.locator("form[data-api^=PUT] button").press("Enter")
    refused(secretary, "quorum", "Politie en parket horen er altijd bij, en alleen leden van de commissie.")
    typed(secretary, "quorum", "police\nparket")
    ticked(secretary, "[value=risk_level], [value=elements]")
    ticked(secretary, "[value=urgency]", on=False)
    saved(secretary, "PUT ")
    version = secretary.locator("h2").first.inner_text()
    assert "ontwerp" in version
    saved(secretary, "/submit")
    general = desk("procureur-generaal", "fr-BE", PROTOCOL)
    fits(general)
    typed(general, "remarks", "combien de temps les données sont-elles gardées ?")
    saved(general, "/send-back")
    secretary.reload()
    expect(secretary.locator(".warning")).to_contain_text("combien de temps")
    fits(secretary)
    secretary.get_by_role("link", name="Ontwerp bewerken").press("Enter")
    secretary.wait_for_url("**/draft")
    ticked(secretary, "[value=urgency]")
    saved(secretary, "PUT ")
    saved(secretary, "/submit")
    general.reload()
    saved(general, "/approve")
    procureur = desk("procureur", "nl-BE", PROTOCOL)
    accessible(procureur)
    saved(procureur, "POST /v1/protocols")  # not to sign out
    expect(procureur.locator("h2 .badge").first).to_have_text("in werking")
    expect(procureur.locator("dl")).to_contain_text("ketenaanpak: Risico, Elementen van belaging")
    go(procureur, "/desk/protocols")
    fits(procureur)


@pytest.mark.timeout(300)
def test_a_new_protocol_is_written_by_keyboard(desk: DeskOpener) -> None:
    secretary = desk("secretariat", "de-BE", "/desk/protocols/new")
    accessible(secretary)
    for name, text in (
        ("name", "Protokoll Gent, Nächte"),
        ("district", "Gent"),  # its own: of others it writes none
        ("zones", "nacht-1\nnacht-2"),
        ("partners.0.role", "Polizei"),
        ("partners.1.role", "Staatsanwaltschaft"),
        ("partners.3.id", "city"),  # the third stays empty
        ("proposers", "polizei"),
        ("conditions.0.id", "partner"),
        ("conditions.0.text", "ein früherer Partner"),
        ("purpose", "zu entscheiden, wer einen Alarm bekommt"),
        ("modalities", "was in der Sitzung gesagt wird, bleibt dort"),
    ):
        typed(secretary, name, text)
    # What is refused is said beside its row, though rows before it are empty and were not sent.
    secretary.locator("form[data-api^=PUT] button").press("Enter")
    refused(secretary, "partners.3.role", "Bitte ausfüllen: Dies ist erforderlich.")
    typed(secretary, "partners.3.role", "Vorsitz")
    typed(secretary, "partners.3.name", "Stadt Gent")
    secretary.locator("form[data-api^=PUT] button").press("Enter")
    refused(secretary, "proposers", "Nur Partner dieses Protokolls.")
    typed(secretary, "proposers", "police\ncity")
    saved(secretary, "PUT ")
    expect(secretary.locator("h2 .badge").first).to_have_text("Entwurf")
    expect(secretary.locator("dl")).to_contain_text("Stadt Gent: Vorsitz")


@pytest.mark.timeout(300)
def test_a_case_moves_to_the_chain_approach(crew: Crew, desk: DeskOpener, shared: None) -> None:
    case, secretary = granted(crew), desk("secretariat", "nl-BE")
    put_before(crew, secretary, convened(secretary), case, "review_id")
    picked(secretary, "outcome", "chain_approach")
    typed(secretary, "reasons", "ze heeft meer nodig dan een alarm")
    ticked(secretary, "[value=consent], [value=elements]")
    typed(secretary, "referral.grounds", "zij tekende op 12 januari")
    shows = secretary.locator("[id='sent-referral.elements']")
    expect(shows).to_contain_text(committee.ELEMENTS["harassment"])
    fits(secretary)
    saved(secretary, "/hold")
    state(secretary, case, "toegekend")  # it lives until they accept
    expect(secretary.locator("main")).to_contain_text("zij tekende op 12 januari")
    sent = crew.do(crew.world.call("GET", "committee", f"{case}/handovers", committee.secretariat(crew.world)))
    assert sent[0]["values"] == {"elements": committee.APPLICATION["elements"]}
    _tell(crew, "referral.answered", {"id": sent[0]["id"], "accepted": True})
    state(secretary, case, "loopt af: toestel nog in te leveren")
    expect(secretary.locator("ol.line")).to_contain_text("ketenaanpak: aanvaard")
    fits(secretary)


@pytest.mark.timeout(300)
def test_a_case_beside_its_alarm_and_one_that_comes_back(crew: Crew, desk: DeskOpener, shared: None) -> None:
    case, secretary = granted(crew), desk("secretariat", "fr-BE")
    go(secretary, page_of(case))
    opened(secretary, "/refer")
    ticked(secretary, "[value=legal_ground], [value=risk_level]")
    typed(secretary, "grounds", "art. 458ter")
    fits(secretary)
    saved(secretary, "/refer")
    expect(secretary.locator("main")).to_contain_text("Ceci exactement a été envoyé")
    came = {"enrolment_id": str(uuid4()), "basis": "consent", "grounds": "elle a signé"}
    for _ in range(2):
        fields = {"elements": {"harassment": "il attend à l'école"}}
        _tell(crew, "case.referred", {**came, "id": str(uuid4()), "fields": fields})
    go(secretary, "/desk/chain")
    expect(secretary.locator("main")).to_contain_text("il attend à l'école")
    fits(secretary)
    before = secretary.locator("form[data-api$='/decline']").count()
    opened(secretary, "/decline")
    typed(secretary, "reasons", "pas dans notre arrondissement")
    saved(secretary, "/decline")
    expect(secretary.locator("form[data-api$='/decline']")).to_have_count(before - 1)
    saved(secretary, "/accept")
    expect(secretary.locator("[name='elements.harassment']")).to_have_value("il attend à l'école")


def _tell(crew: Crew, kind: str, data: dict[str, Any]) -> None:
    crew.do(ChainApproach(crew.world).tell(kind, data))


@pytest.fixture(scope="module")
def shared(crew: Crew) -> None:
    """The protocol of Ghent lets fields be sent to the chain approach."""

    async def agreed() -> None:
        world, path = crew.world, f"/v1/protocols/{committee.PROTOCOL_ID}"
        secretary = committee.secretariat(world)
        present = (await world.call("GET", "committee", path, secretary))["content"]
        fields = {"ketenaanpak": ["risk_level", "elements", "urgency"]}
        if present["shared_fields"] == fields:
            return
        body = present | {"shared_fields": fields}
        version = (await world.call("PUT", "committee", f"{path}/draft", secretary, body))["version"]
        for move, role, said in (
            ("submit", "secretariat", None),
            ("approve", "procureur_general", None),
            ("sign", "procureur", {"in_force_from": today().isoformat()}),
        ):
            bearer = world.bearer(role, partner="parket", district=committee.DISTRICT)
            await world.call("POST", "committee", f"{path}/versions/{version}/{move}", bearer, said)

    crew.do(agreed())


@pytest.mark.timeout(300)
def test_an_exceptional_case_goes_to_the_procureur_general_and_back(crew: Crew, desk: DeskOpener) -> None:
    case, secretary = submitted(crew, **OUTSIDE), desk("secretariat", "nl-BE")
    put_before(crew, secretary, convened(secretary), case, "application_id")
    picked(secretary, "outcome", "refuse")
    expect(secretary.locator("[name=review_way]")).to_be_visible()
    picked(secretary, "outcome", "grant")
    typed(secretary, "reasons", "alle elementen zijn aangetoond")
    fits(secretary)
    saved(secretary, "/propose-decision")
    state(secretary, case, "bij de procureur-generaal")
    general = desk("procureur-generaal", "fr-BE", page_of(case))
    fits(general)
    expect(general.locator("main")).to_contain_text("alle elementen zijn aangetoond")
    typed(general, "remarks", "quel acte a-t-il commis ?")
    saved(general, "/send-draft-back")
    state(secretary, case, "ingediend")
    expect(secretary.locator("ol.line")).to_contain_text("quel acte a-t-il commis ?")
    put_before(crew, secretary, convened(secretary), case, "application_id")
    picked(secretary, "outcome", "grant")
    typed(secretary, "reasons", "hij stond aan haar deur met een mes")
    saved(secretary, "/propose-decision")
    general.reload()
    saved(general, "/approve-draft")
    state(secretary, case, "toegekend")


@pytest.mark.timeout(300)
def test_a_risk_is_raised_and_a_conflict_of_interest_of_somebody_else_declared(
    crew: Crew, desk: DeskOpener
) -> None:
    case = submitted(crew)
    support = desk("member-police", "fr-BE", page_of(case))
    opened(support, "/assessment")
    picked(support, "level", "extreme")
    fits(support)
    saved(support, "/assessment")
    expect(support.locator("dl")).to_contain_text("extrême")
    secretary = desk("secretariat", "nl-BE", page_of(case))
    secretary.get_by_text("Belangenconflict van iemand anders melden").first.focus()
    secretary.keyboard.press("Enter")
    typed(secretary, "subject", support.locator(".who").inner_text())
    secretary.locator("[name=reason]:visible").focus()
    secretary.keyboard.type("haar neef")
    fits(secretary)
    with secretary.expect_navigation():
        secretary.locator("form:has([name=subject]) button:visible").press("Enter")
    expect(secretary.locator("ol.line")).to_contain_text("belangenconflict gemeld")
    support.reload()
    expect(support.locator("h2")).to_have_text("Ce dossier n'existe pas, ou pas pour vous")
