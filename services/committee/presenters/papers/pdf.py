"""One look for all papers: what it is, when, who, and what was decided."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from babel.dates import format_date, format_time
from fpdf import FPDF

from contracts.common import BELGIUM, Language
from services.committee.translations import TRANSLATIONS

_FONTS = Path(__file__).parent / "fonts"
_FONT = "DejaVu"
_SMALL, _NORMAL, _HEADING, _TITLE = 8, 10, 12, 17


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody at a meeting. `word`: of `paper_word`, whether they confirmed it, with the moment if any."""

    name: str
    partner: str
    arrived_at: datetime
    left_at: datetime | None
    word: str | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One case, and what was decided about it. `outcome` None: nothing. `texts`: word and text, in order."""

    reference: str
    is_review: bool
    state: str
    kind: str | None = None
    outcome: str | None = None
    texts: Sequence[tuple[str, str]] = ()
    dates: Sequence[tuple[str, date]] = ()
    counted: Sequence[str] = ()
    excluded: Sequence[str] = ()
    waits_for: Sequence[str] = ()
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Minutes:
    """What the minutes say."""

    language: Language
    protocol: str
    version: int
    starts_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    present: Sequence[Present] = field(default=())
    points: Sequence[Point] = field(default=())


class _Paper(FPDF):
    def __init__(self, language: Language, title: str) -> None:
        super().__init__(format="A4")
        self.texts, self._language = TRANSLATIONS[language], language
        self.set_lang(language)
        self.set_title(title)
        self.set_creator("stalkingalarm")
        self.add_font(_FONT, "", str(_FONTS / "DejaVuSans.ttf"))
        self.add_font(_FONT, "B", str(_FONTS / "DejaVuSans-Bold.ttf"))
        self.set_margins(22, 20, 22)
        self.set_auto_page_break(True, 24)
        self.add_page()
        self.line_of(self.texts.t("paper.committee"), _SMALL)
        self.line_of(title, _TITLE, bold=True)
        self.ln(2)

    def _word(self, code: str) -> str:
        return self.texts.word("paper_word", code)

    def footer(self) -> None:
        self.set_y(-15)
        self.set_font(_FONT, "", _SMALL)
        page = self.texts.t("paper.page")
        self.cell(0, 5, f"{page} {self.page_no()} / {{nb}}", align="R")

    def line_of(self, text: str, size: int = _NORMAL, *, bold: bool = False) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")

    def pair(self, word: str, text: str) -> None:
        self.set_font(_FONT, "B", _NORMAL)
        # French sets a space before a colon.
        colon = "\u00a0:" if self._language == "fr" else ":"
        self.write(5, f"{self._word(word)}{colon} ")
        self.set_font(_FONT, "", _NORMAL)
        self.write(5, text)
        self.ln(6)

    def under(self, protocol: str, version: int) -> None:
        word = self.texts.t("paper.version")
        self.pair("protocol", f"{protocol}, {word} {version}")

    def heading(self, text: str) -> None:
        self.ln(4)
        self.line_of(text, _HEADING, bold=True)
        self.ln(1)

    def moment(self, at: datetime) -> str:
        day = format_date(at.astimezone(BELGIUM), "full", locale=self._language)
        return f"{day}, {self.hour(at)}"

    def hour(self, at: datetime) -> str:
        return str(format_time(at, "short", tzinfo=BELGIUM, locale=self._language))

    def day(self, day: date) -> str:
        return str(format_date(day, "long", locale=self._language))

    def point(self, point: Point) -> None:
        if point.outcome is None:
            self.line_of(self._word(point.state if point.state in ("adjourned", "waiting") else "open"))
            if point.waits_for:
                self.pair("waits_for", ", ".join(point.waits_for))
            return
        if point.kind:
            self.line_of(self._word(point.kind))
        self.line_of(self._word(point.outcome), bold=True)
        self.ln(1)
        for word, text in point.texts:
            self.pair(word, text)
        for word, day in point.dates:
            self.pair(word, self.day(day))
        if point.dates:
            self.line_of(self.texts.t("paper.stays"), _SMALL)
        if point.counted:
            self.pair("counted", ", ".join(point.counted))
        if point.excluded:
            self.pair("excluded", ", ".join(point.excluded))
        if point.approved:
            self.line_of(self.texts.t("paper.approved"), bold=True)

    def signature(self) -> None:
        self.ln(14)
        self.line_of(self.texts.t("paper.signature"))
        self.ln(10)
        self.line_of("_" * 40)


def minutes(content: Minutes) -> bytes:
    """Print the minutes of one meeting."""
    texts = TRANSLATIONS[content.language]
    paper = _Paper(content.language, texts.t("paper.minutes"))
    paper.under(content.protocol, content.version)
    # When it was held; one that never was is told of by when it was to be.
    paper.pair(
        "planned" if content.opened_at is None else "date", paper.moment(content.opened_at or content.starts_at)
    )
    if content.closed_at is not None:
        paper.pair("closed", paper.moment(content.closed_at))
    paper.heading(texts.t("paper.present"))
    since, until = texts.t("paper.from"), texts.t("paper.until")
    for who in content.present:
        left = f" {until} {paper.hour(who.left_at)}" if who.left_at else ""
        when = f" {paper.moment(who.moment)}" if who.moment else ""
        word = f". {texts.word('paper_word', who.word)}{when}" if who.word else ""
        paper.line_of(f"{who.name} ({who.partner}), {since} {paper.hour(who.arrived_at)}{left}{word}")
    if not content.present:
        paper.line_of(texts.t("paper.nobody"))
    paper.heading(texts.t("paper.agenda"))
    if not content.points:
        paper.line_of(texts.t("paper.empty"))
    for number, point in enumerate(content.points, 1):
        kind = "review" if point.is_review else "case"
        paper.heading(f"{number}. {texts.word('paper_word', kind)} {point.reference}")
        paper.point(point)
    paper.signature()
    return bytes(paper.output())


def decision(language: Language, protocol: tuple[str, int] | None, decided_at: datetime, point: Point) -> bytes:
    """Print one decision, as the proposer and the file get it. `protocol`: its name and version."""
    texts = TRANSLATIONS[language]
    paper = _Paper(language, texts.t("paper.decision", reference=point.reference))
    if protocol is None:
        paper.line_of(texts.t("paper.outside"))
    else:
        paper.under(*protocol)
    paper.pair("date", paper.moment(decided_at))
    paper.heading(texts.word("paper_word", point.kind or "final"))
    paper.point(Point(**{**{name: getattr(point, name) for name in Point.__slots__}, "kind": None}))
    paper.signature()
    return bytes(paper.output())
