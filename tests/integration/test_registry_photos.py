"""Photos: checked, stripped of what the camera wrote, encrypted, sent with the card, out of date in time."""

import base64
import io
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from uuid import uuid4

import pytest
from PIL import Image

from services.registry.domain import photo as domain
from services.registry.errors import PhotoInvalid
from tests.support.builders import a_card
from tests.support.days import today
from tests.support.desks import Desk
from tests.support.registry import GHENT, picture


@pytest.fixture
def file(registry: Desk, file: str) -> str:
    """The same, with a card."""
    registry.call("PUT", f"{file}/card", a_card(), **GHENT)
    return file


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_the_camera_is_left(kind: str) -> None:
    cleaned = domain.cleaned(picture(kind))
    image = Image.open(io.BytesIO(cleaned))
    assert (image.format, max(image.size)) == ("JPEG", 640)
    assert not image.getexif()
    assert b"canary" not in cleaned
    # Upright: blue was above, and the camera was held upside down.
    assert image.getpixel((10, image.height - 10))[2] > 200  # type: ignore[index]


@pytest.mark.parametrize(
    "raw",
    [b"", b"no picture", b"GIF89a" + b"\x00" * 100, picture()[:400], b"x" * (domain.MOST_BYTES + 1)],
)
def test_what_is_no_picture_is_refused(raw: bytes) -> None:
    with pytest.raises(PhotoInvalid):
        domain.cleaned(raw)


def test_a_picture_that_would_fill_the_memory_is_refused() -> None:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    with pytest.raises(PhotoInvalid, match=r"pixels|picture"):
        domain.cleaned(out.getvalue())


def test_a_picture_of_few_bytes_and_very_many_pixels_is_refused_before_it_is_decoded(
    registry: Desk, file: str
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (6_300, 6_300)).save(out, "JPEG", quality=10)
    answer = registry.upload(f"{file}/photos?taken_on={today()}", out.getvalue(), **GHENT)
    assert (answer.status_code, answer.json()["field"]) == (422, "body")
    phone = io.BytesIO()
    Image.new("RGB", (4_080, 3_072)).save(phone, "JPEG", quality=10)
    assert registry.upload(f"{file}/photos?taken_on={today()}", phone.getvalue(), **GHENT).status_code == 201


def test_pictures_are_decoded_one_at_a_time_and_beside_every_transaction(
    registry: Desk, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoding, together, locks = [0], list[int](), list[int]()
    clean = domain.cleaned

    def watched(raw: bytes) -> bytes:
        decoding[0] += 1
        together.append(decoding[0])
        held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start < now()"
        locks.append(registry.sql(f"{held} AND pid <> pg_backend_pid() AND state LIKE 'idle in%'")[0][0])
        try:
            return clean(raw)
        finally:
            decoding[0] -= 1

    monkeypatch.setattr(domain, "cleaned", watched)
    where, raw = f"{file}/photos?taken_on={today()}", picture()
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: registry.upload(where, raw, **GHENT).status_code, range(6)))
    assert answers == [201] * 6
    assert together == [1] * 6
    assert locks[0] == 0


def test_a_photo_goes_with_the_card_and_leaves_it_again(registry: Desk, file: str) -> None:
    ref = registry.call("GET", f"{file}/card", **GHENT)["card"]["perpetrators"][0]["ref"]
    where = f"{file}/photos?taken_on={today()}&of={ref}"
    photo = registry.upload(where, picture(), **GHENT).json()
    sent = {e.type: e.data for e in registry.published(file.rpartition("/")[2])}
    assert sent["photo.published.v1"]["photo_id"] == photo["id"]
    assert sent["card.published.v1"]["card"]["photos"] == [
        {"photo_id": photo["id"], "of": ref, "taken_on": today().isoformat()}
    ]
    jpeg = base64.b64decode(sent["photo.published.v1"]["jpeg"])
    shown = registry.answer(f"{file}/photos/{photo['id']}", **GHENT)
    assert (shown.headers["content-type"], shown.content) == ("image/jpeg", jpeg)
    assert shown.headers["cache-control"] == "no-store"
    rows = registry.sql("SELECT encrypted FROM photos")
    assert all(b"JFIF" not in bytes(row[0]) for row in rows)
    for who in ({"role": "file_manager", "zone": "liege"}, {"role": "supervisor"}):
        assert registry.answer(f"{file}/photos/{photo['id']}", **who).status_code == 404
    registry.call("DELETE", f"{file}/photos/{photo['id']}", status=204, **GHENT)
    assert registry.published(file.rpartition("/")[2])[-1].data["card"]["photos"] == []
    assert registry.call("GET", f"{file}/photos", **GHENT) == []


def test_a_face_of_half_a_year_ago_must_be_looked_at(registry: Desk, file: str) -> None:
    def waiting() -> list[str]:
        found = registry.call("GET", "/v1/reminders?limit=500", **GHENT)
        return [
            e["kind"] for e in found if e["enrolment_id"] == file.rpartition("/")[2] and e["kind"] == "photo"
        ]

    registry.upload(f"{file}/photos?taken_on={today(-30)}", picture(), **GHENT)
    assert waiting() == []
    old = registry.upload(f"{file}/photos?taken_on={today(-220)}", picture(), **GHENT).json()
    assert waiting() == ["photo"]
    registry.call("DELETE", f"{file}/photos/{old['id']}", status=204, **GHENT)
    assert waiting() == []
    assert domain.stale_on(date(2026, 8, 31)) == date(2027, 2, 28)


def test_a_wrong_photo_names_what_is_wrong(registry: Desk, file: str) -> None:
    for query, raw, field in (
        (f"taken_on={today(1)}", picture(), "taken_on"),
        (f"taken_on={today()}&of={uuid4()}", picture(), "of"),
        (f"taken_on={today()}", b"nothing", "body"),
        ("", picture(), "taken_on"),
    ):
        answer = registry.upload(f"{file}/photos?{query}", raw, **GHENT)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
