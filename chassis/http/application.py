"""The one HTTP application: problem details, trace spans, security headers, health, documentation."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.errors import Retryable, ServiceError, bounds
from chassis.http import limits
from chassis.http.limits import BodyTooLarge, Edge
from chassis.runtime import gc_tuning
from chassis.runtime.settings import Settings
from chassis.security.auth import Verifier
from chassis.telemetry import process_metrics, telemetry

log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"
# The documentation page is Swagger UI from its public place, with an inline script: for developers only.
_DOCS_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' https://cdn.jsdelivr.net; connect-src 'self';"
    " style-src 'unsafe-inline' https://cdn.jsdelivr.net; img-src data: https://fastapi.tiangolo.com;"
    " frame-ancestors 'none'"
)


def takes(*kinds: str) -> dict[str, object]:
    """Document the media types of a body that is read as it comes (`openapi_extra`)."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in kinds}
    return {"requestBody": {"required": True, "content": content}}


class Traced:
    """Gives every request its server span, named by method and route (OpenTelemetry HTTP conventions)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run one request inside its span; health checks are not traced."""
        if scope["type"] != "http" or scope["path"].startswith("/health"):
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        # Bytes of any kind: what is no trace context begins a new trace.
        incoming = next((v.decode("latin-1") for k, v in scope["headers"] if k == b"traceparent"), None)
        span = telemetry.start(
            method,
            SpanKind.SERVER,
            parent=telemetry.context_of(incoming),
            attributes={"http.request.method": method, "url.scheme": scope.get("scheme", "http")},
        )

        async def observed(message: Message) -> None:
            if message["type"] == "http.response.start":
                span.set_attribute("http.response.status_code", message["status"])
                if message["status"] >= 500:
                    span.set_status(Status(StatusCode.ERROR))
                # A stream lives for hours: its span ends when it has been opened.
                if any(
                    k == b"content-type" and v.startswith(b"text/event-stream") for k, v in message["headers"]
                ):
                    _name(span, method, scope)
                    span.end()
            await send(message)

        try:
            with telemetry.within(span):
                await self._app(scope, receive, observed)
        finally:
            if span.is_recording():
                _name(span, method, scope)
                span.end()


def _name(span: Span, method: str, scope: Scope) -> None:
    route = getattr(scope.get("route"), "path", None)
    if route:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)


def problem(
    status: int, title: str, detail: str, *, kind: str = "about:blank", **extra: object
) -> JSONResponse:
    """Build a problem details answer (RFC 9457)."""
    headers = {503: {"Retry-After": "1"}, 429: {"Retry-After": "60"}}.get(status)
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    body = {"type": kind, "title": title, "status": status, "detail": detail, **extra}
    return JSONResponse(body, status_code=status, media_type=PROBLEM, headers=headers)


async def service_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an error of ours with its problem details."""
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for this class only
    extra = dict(error.extra)
    if error.field:
        extra["field"] = error.field
    return problem(error.status, error.title, error.detail, kind=f"urn:stalkingalarm:{error.kind}", **extra)


async def invalid_request(_: Request, error: Exception) -> JSONResponse:
    """Answer a request that is not as documented; the problem details name every field that is wrong."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    # Never the input itself: it may be personal data.
    errors = [
        {
            "field": ".".join(str(p) for p in e["loc"][1:]) or "body",
            "detail": e["msg"],
            "code": e["type"],
            "params": bounds(e.get("ctx", {})),
        }
        for e in error.errors()
    ]
    return problem(
        422,
        "Invalid input",
        "; ".join(f"{e['field']}: {e['detail']}" for e in errors),
        kind="urn:stalkingalarm:invalid",
        field=errors[0]["field"],
        errors=errors,
    )


async def _too_large(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, BodyTooLarge)  # noqa: S101 - registered for this class only
    answer = problem(
        413, "Content too large", str(error.detail), kind="urn:stalkingalarm:body-too-large", field="body"
    )
    # What is left of the body is not read.
    answer.headers["connection"] = "close"
    return answer


async def http_error(_: Request, error: Exception) -> JSONResponse:
    """Answer, with problem details, what the framework refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return problem(error.status_code, str(error.detail), str(error.detail))


async def _database_gone(request: Request, error: Exception) -> JSONResponse:
    # What the driver met, and no text of it: that may quote a row.
    met = getattr(error, "orig", None) or error
    log.warning("database unavailable: %s %s", type(met).__name__, getattr(met, "sqlstate", None) or "")
    return await service_error(request, Retryable("the database is not available, try again"))


async def _bug(_: Request, error: Exception) -> JSONResponse:
    log.error("unhandled error", exc_info=error)
    answer = problem(500, "Internal error", "this is a fault of ours; it was logged")
    # The server ends the connection after such an error: who is not told sends the next request into nothing.
    answer.headers["connection"] = "close"
    return answer


# Without I/O, so on the event loop: a thread would take longer than it does.
async def hold_parameters(request: Request) -> None:
    """Refuse a text in path or query that no store holds; raises RequestValidationError naming it."""
    for place, given in (("path", request.path_params.items()), ("query", request.query_params.multi_items())):
        for name, value in given:
            if isinstance(value, str) and "\x00" in value:
                wrong = {"loc": (place, name), "msg": "must not hold the character NUL", "type": "text_nul"}
                raise RequestValidationError([wrong])


Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def application(
    settings: Settings,
    *,
    title: str,
    description: str,
    lifespan: Lifespan,
    ready: Callable[[], dict[str, bool]],
    process: str = "api",
    traced: bool = True,
    most_bytes: int | None = limits.MOST_BYTES,
) -> FastAPI:
    """Build the application of one service. `ready` names what it needs and if it is there (seconds-fresh).

    `process`: its name in telemetry. `traced` False: no span for each request, where there are very many
    and none is ever looked at. `most_bytes`: of a body whose endpoint says nothing
    itself (chassis/http/limits.py).
    """
    telemetry.configure(settings.service, process)
    process_metrics.of_process(process)

    @asynccontextmanager
    async def whole_life(app: FastAPI) -> AsyncIterator[None]:
        async with lifespan(app):
            gc_tuning.for_latency()
            yield
        telemetry.flush()

    secure = settings.production
    app = _Application(
        title=title,
        description=description,
        version="1",
        lifespan=whole_life,
        docs_url=None,
        redoc_url=None,
        # `Traced` makes the one server span; FastAPI's own would be three more, with other attributes.
        # What devices send is brought to size where it is read, and never refused.
        dependencies=[Depends(hold_parameters)] if most_bytes is not None else [],
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.around = partial(Edge, secure=secure, most=most_bytes)
    app.state.settings = settings
    app.state.verifier = Verifier(settings)
    app.add_exception_handler(ServiceError, service_error)
    app.add_exception_handler(RequestValidationError, invalid_request)
    app.add_exception_handler(HTTPException, http_error)
    app.add_exception_handler(BodyTooLarge, _too_large)
    for gone in (OperationalError, InterfaceError, PoolTimeout):
        app.add_exception_handler(gone, _database_gone)
    app.add_exception_handler(Exception, _bug)
    if traced:
        app.add_middleware(Traced)
    _health(app, ready)
    if not secure:
        _docs(app, title)
    return app


class _Application(FastAPI):
    """With the edge around it, outside of what makes a fault of ours an answer."""

    around: Callable[[ASGIApp], Edge]

    def build_middleware_stack(self) -> ASGIApp:
        """Put the layers together, with `Edge` around them all."""
        return self.around(super().build_middleware_stack())


def _health(app: FastAPI, ready: Callable[[], dict[str, bool]]) -> None:
    @app.get("/health/live", tags=["health"])
    def live() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    @app.get("/health/ready", tags=["health"], response_model=None)
    async def readiness() -> JSONResponse:
        """Say which of the things that the service needs are there; 503 unless all are."""
        parts = await asyncio.to_thread(ready)
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)


def _docs(app: FastAPI, title: str) -> None:
    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """Show the API, to be read and tried."""
        page = get_swagger_ui_html(openapi_url="/openapi.json", title=title)
        page.headers["content-security-policy"] = _DOCS_POLICY
        return page
