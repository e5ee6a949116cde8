"""Read a page of a desk strictly, as a browser with our content security policy would."""

from html.parser import HTMLParser

from fastapi.testclient import TestClient

from tests.support.desks import Who
from tests.support.tokens import Issuer

VOID = frozenset({"meta", "link", "input", "br", "img"})


class Strict(HTMLParser):
    """Complains of tags that do not close in order, of inline scripts and of inline styles."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, _ in attrs:
            assert not name.startswith("on"), f"inline script: {tag} {name}"
            assert name != "style", f"inline style: {tag}"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag], f"{tag} closes what is not open"
        self.open.pop()


def read_page(
    pages: TestClient, issuer: Issuer, path: str, who: Who, status: int = 200, language: str = "nl"
) -> str:
    claims = {name: value for name, value in who.items() if name != "role"}
    headers = issuer.headers(who["role"], **claims) | {"accept-language": language}  # type: ignore[arg-type]
    answer = pages.get(path, headers=headers)
    assert answer.status_code == status, answer.text[:500]
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    strict = Strict()
    strict.feed(answer.text)
    assert strict.open == []
    return str(answer.text)
