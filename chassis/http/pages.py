"""Pages of a service: made here from templates in the reader's language; what they change goes over the API.

No inline script, no foreign host: see `POLICY`. Whoever is not signed in is sent to the identity provider and
comes back to the same page. A refusal is a page too, in words.
"""

from collections.abc import Mapping
from datetime import date, datetime
from os import stat_result
from pathlib import Path
from urllib.parse import urlencode

from babel.dates import format_date, format_datetime
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.exceptions import HTTPException
from starlette.staticfiles import PathLike
from starlette.types import Scope

from chassis.database.damaged_rows import is_known
from chassis.errors import Forbidden, NotFound, ServiceError, Unauthenticated
from chassis.http.application import http_error, invalid_request, service_error
from chassis.i18n import translations
from chassis.i18n.catalogues import LANGUAGES, Texts, Translations
from chassis.security.auth import caller_of
from chassis.security.principal import Principal
from contracts.common import BELGIUM, Language
from contracts.values import FIRST_DAY, LAST_DAY

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Always asked for anew (304 when unchanged): after an upgrade no page may mix old and new parts.
FRESH = {"cache-control": "no-cache"}
# What a page says otherwise than every answer (chassis/http/limits.py).
HEADERS = {"content-security-policy": POLICY}
_KEPT = "stalkingalarm_language"
# What a page says of a refusal is the text of its code after this.
_PROBLEM = "problem."
# What stands for a moment, a day or a word of a row that cannot be read.
UNKNOWN = "?"
_SHARED = Path(__file__).parent / "web"


def templates_in(*folders: Path) -> Environment:
    """Find templates in these folders, the first one first; what is put in is text, nothing may be missing."""
    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Static(StaticFiles):
    """Files of pages, never stale."""

    def file_response(
        self, full_path: PathLike, stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Serve the file, to be asked for anew each time."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(FRESH)
        return response


class Pages:
    """The pages of one service under a prefix, as `/desk`."""

    def __init__(self, app: FastAPI, prefix: str, folder: Path, texts: Translations) -> None:
        """`folder`: holds `templates` and `static`; `texts`: what its pages say besides what all do."""
        self._prefix = prefix
        self._texts = {each: translations.TRANSLATIONS[each] | texts[each] for each in LANGUAGES}
        # By code: the forms' script says with them what the API refused.
        self._problems = {language: _problems(texts) for language, texts in self._texts.items()}
        self._templates = templates_in(folder / "templates", _SHARED / "templates")
        app.mount(f"{prefix}/static", Static(directory=folder / "static"), name=f"{prefix}-static")
        app.mount("/shared", Static(directory=_SHARED / "static"), name="shared-static")
        leads_to(app, prefix)
        app.add_exception_handler(ServiceError, self._refused)
        app.add_exception_handler(RequestValidationError, self._misread)
        app.add_exception_handler(HTTPException, self._absent)

    def reader(self, request: Request, *roles: str) -> Principal:
        """Tell who reads; raises `Unauthenticated` (which becomes the way to the sign-in) and `Forbidden`."""
        caller = caller_of(request)
        if not caller.roles.intersection(roles):
            raise Forbidden(f"needs one of the roles {', '.join(sorted(roles))}")
        return caller

    def show(
        self,
        request: Request,
        template: str,
        caller: Principal | None,
        status: int = 200,
        named: Mapping[str, str] | None = None,
        **what: object,
    ) -> Response:
        """Show a page in the reader's language. `named`: words for what a refusal lists, by member and code."""
        language, locale = self.language(request), self.locale(request)
        texts = self._texts[language]

        def moment(at: datetime | None) -> str:
            if at is None or not is_known(at):
                return UNKNOWN
            return str(format_datetime(at.astimezone(BELGIUM), "d MMM y HH:mm", locale=locale))

        def day(on: date | None) -> str:
            whole = on.date() if isinstance(on, datetime) else on
            if whole is None or not FIRST_DAY <= whole <= LAST_DAY:
                return UNKNOWN
            return str(format_date(on, "d MMM y", locale=locale))

        def short(known: object) -> str:
            return str(known).partition("-")[0].upper()

        def word(group: str, code: object) -> str:
            return UNKNOWN if code is None else texts.word(group, code)

        text = self._templates.get_template(template).render(
            t=texts.t,
            nt=texts.nt,
            word=word,
            site=texts["title"],
            problems={**self._problems[language], **(named or {})},
            moment=moment,
            day=day,
            short=short,
            language=language,
            languages=LANGUAGES,
            caller=caller,
            path=request.url.path,
            prefix=self._prefix,
            **what,
        )
        response = HTMLResponse(text, status_code=status, headers=HEADERS)
        if request.query_params.get("lang") in LANGUAGES:
            response.set_cookie(_KEPT, language, max_age=365 * 86_400, samesite="strict", path="/")
        return response

    def language(self, request: Request) -> Language:
        """Choose the language: as chosen on a page, as kept, as the browser prefers, else Dutch."""
        preferred = [
            part.partition(";")[0].strip()[:2].lower()
            for part in request.headers.get("accept-language", "").split(",")
        ]
        wanted = [request.query_params.get("lang"), request.cookies.get(_KEPT), *preferred]
        return next((known for each in wanted for known in LANGUAGES if known == each), "nl")

    def locale(self, request: Request) -> str:
        """Choose how dates and spans of time are written."""
        language = self.language(request)
        return "en_GB" if language == "en" else f"{language}_BE"

    def _is_page(self, request: Request) -> bool:
        return request.url.path == self._prefix or request.url.path.startswith(f"{self._prefix}/")

    async def _refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class only
        if not self._is_page(request):
            return await service_error(request, error)
        if isinstance(error, Unauthenticated):
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/signin?{urlencode({'to': back})}", 303, HEADERS)
        return self._refusal(request, error)

    async def _misread(self, request: Request, error: Exception) -> Response:
        """Refuse an address that was typed or copied wrongly."""
        if not self._is_page(request):
            return await invalid_request(request, error)
        return self._refusal(request, NotFound("no page has this address"))

    async def _absent(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
        if not self._is_page(request) or error.status_code != NotFound.status:
            return await http_error(request, error)
        return self._refusal(request, NotFound("no page has this address"))

    def _refusal(self, request: Request, error: ServiceError) -> Response:
        return self.show(request, "refused.html", None, error.status, error=error)


def _problems(texts: Texts) -> dict[str, str]:
    return {key.removeprefix(_PROBLEM): text for key, text in texts.items() if key.startswith(_PROBLEM)}


def leads_to(app: FastAPI, page: str) -> None:
    """Send whoever types only the host's name to `page`."""

    @app.get("/", include_in_schema=False)
    def start() -> RedirectResponse:
        return RedirectResponse(page, 303)
