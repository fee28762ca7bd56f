"""What the files of images are called, and for how long links stay the same."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from staging_svc.images.rules import ascii_filename, make_filename, name_form, window_at


@pytest.mark.parametrize(
    ("project", "file", "plain"),
    [
        ("Ground floor", "Ground-floor", "Ground-floor"),
        ("Küche, süd / 2. OG", "Küche-süd-2.-OG", "Kuche-sud-2.-OG"),
        ("हिन्दी में घर", "हिन्दी-में-घर", "photo"),
        ("வீடு", "வீடு", "photo"),
        ("บ้านที่น้ำ", "บ้านที่น้ำ", "photo"),
        ("ශ්‍රී ලංකා", "ශ්‍රී-ලංකා", "photo"),
        ("خانه‌های زیبا 7", "خانه‌های-زیبا-7", "7"),
        ("Phòng khách", "Phòng-khách", "Phong-khach"),
        ("リビング　南", "リビング-南", "photo"),
        ("Villa 👨‍👩‍👧‍👦 🏳️‍🌈", "Villa-👨‍👩‍👧‍👦-🏳️‍🌈", "Villa"),
        ('a<b>c:d"e/f\\g|h?i*j', "a-b-c-d-e-f-g-h-i-j", "a-b-c-d-e-f-g-h-i-j"),
        ("../../etc/passwd", "etc-passwd", "etc-passwd"),
        ("...", "photo", "photo"),
        ("one\N{LINE SEPARATOR}line", "one-line", "one-line"),
    ],
)
def test_people_recognize_the_name_in_every_script(project: str, file: str, plain: str) -> None:
    name = make_filename(project, "original", "image/jpeg")
    assert name == f"{file}-original.jpg"
    assert ascii_filename(name) == f"{plain}-original.jpg"


@pytest.mark.parametrize(
    "character",
    ["é", "नि", "👨‍👩‍👧‍👦", "👍🏽", "🏳️‍🌈", "ක්‍ෂ"],
    ids=lambda character: ascii(character),
)
@pytest.mark.parametrize("before", range(4))
def test_a_long_name_ends_with_a_whole_character(character: str, before: int) -> None:
    name = make_filename("x" * before + character * 120, "staged", "image/png")
    stem = name.removesuffix("-staged.png")
    assert re.fullmatch(f"x{{{before}}}(?:{character})+", stem)
    assert 150 < len(stem.encode()) <= 200


@given(st.text(max_size=120))
@example("\u0301" * 120)
@example("\u200d" * 120)
def test_every_file_system_accepts_it(project: str) -> None:
    project = unicodedata.normalize("NFC", project)
    for kind, content_type in (("original", "image/jpeg"), ("staged", "image/webp")):
        name = make_filename(project, kind, content_type)
        assert len(name.encode()) <= 255
        assert not re.search(r'[\x00-\x20<>:"/\\|?*\x7f]', name)
        assert not name.startswith((".", "-"))
        plain = ascii_filename(name)
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", plain)
        assert plain.rpartition("-")[2] == name.rpartition("-")[2]


@pytest.mark.parametrize(
    ("project", "style", "file"),
    [
        ("Ground floor", "modern", "Ground-floor-modern-staged.jpg"),
        ("Living room, Modern", "modern", "Living-room-Modern-staged.jpg"),
        ("Living room, Modern", "industrial", "Living-room-Modern-industrial-staged.jpg"),
        ("דירה ברחוב הנביאים 7", "modern", "דירה-ברחוב-הנביאים-7-modern-staged.jpg"),
        ("<b>غرفة</b>", "modern", "b-غرفة-b-modern-staged.jpg"),
        ("...", "modern", "photo-modern-staged.jpg"),
    ],
)
def test_a_staged_photo_tells_its_style(project: str, style: str, file: str) -> None:
    assert make_filename(project, "staged", "image/jpeg", style=style) == file


def test_each_form_has_a_name_of_its_own() -> None:
    name = make_filename("Küche", "staged", "image/jpeg", style="modern")
    assert name_form(name, "image/jpeg", has_label=True) == "Küche-modern-staged.jpg"
    assert name_form(name, "image/webp", width=640) == "Küche-modern-staged_640.webp"
    assert name_form(name, "image/jpeg", has_label=False) == (
        "Küche-modern-staged_without_label.jpg"
    )
    small = name_form(name, "image/webp", width=320, has_label=False)
    assert ascii_filename(small) == "Kuche-modern-staged_without_label_320.webp"


@given(st.timedeltas(timedelta(0), timedelta(days=30_000)), st.integers(1, 300))
def test_a_link_stays_the_same_for_a_window(since: timedelta, seconds: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + since
    window = window_at(now, seconds)
    assert window.start <= now < window.end
    assert window.end - window.start == timedelta(seconds=seconds)
    assert window_at(window.start, seconds) == window
    assert window_at(window.end, seconds).start == window.end
