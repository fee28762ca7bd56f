"""What the rules of inputs take, what they make of it, and what they refuse: also through HTTP, and into
a real database and back."""

# What people type in other scripts looks like ASCII.
# ruff: noqa: RUF001

import json
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, SecretStr, TypeAdapter, ValidationError

from kit_testing import code, kit_client
from stagify.database import driver_connection
from stagify.dependencies import SystemSessionDep
from stagify.inputs import (
    EARLIEST,
    LATEST,
    MAX_PASSWORD,
    MAX_PASSWORD_BYTES,
    Choice,
    Code,
    Color,
    Email,
    FileName,
    Flag,
    Instant,
    Name,
    Network,
    NewPassword,
    Password,
    Real,
    Secret,
    Slug,
    Whole,
)
from stagify.testing import ContextKeys, DatabaseUrls

# What PostgreSQL's bigint holds.
Big = Annotated[int, Whole(-(2**63), 2**63 - 1)]
Share = Annotated[float, Real(-1, 2)]


class Thing(BaseModel):
    """One value for each rule."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    file_name: FileName | None = None
    email: Email | None = None
    password: Password | None = None
    new_password: NewPassword | None = None
    secret: Secret | None = None
    code: Code | None = None
    slug: Slug | None = None
    color: Color | None = None
    network: Network | None = None
    choice: Choice | None = None
    instant: Instant | None = None
    big: Big | None = None
    share: Share | None = None
    flag: Flag | None = None


RULES: dict[str, Any] = {name: field.annotation for name, field in Thing.model_fields.items()}
TEXTS = ("name", "file_name", "email", "code", "slug", "color", "choice")
SECRETS = ("password", "new_password", "secret")
COLUMNS = {"instant": "timestamptz", "big": "bigint", "share": "float8", "flag": "boolean"}


def add_routes(app: FastAPI) -> None:
    """A route that writes what it is given into PostgreSQL, as text and as JSON, and reads it back."""

    @app.post("/things")
    async def keep(body: Thing, session: SystemSessionDep) -> dict[str, Any]:
        connection = await driver_connection(session)
        kept = {}
        for name, value in body.model_dump(exclude_none=True).items():
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            if name != "password":
                # Log-ins take whatever was once chosen, and only a hash of it is stored.
                kind = COLUMNS.get(name, "text")
                assert await connection.fetchval(f"SELECT $1::{kind}", plain) == plain
            if isinstance(plain, float):
                back = await connection.fetchval(
                    "SELECT $1::jsonb::text", orjson.dumps(plain).decode()
                )
                assert orjson.loads(back) == plain
            if isinstance(plain, str) and name != "password":
                document = orjson.dumps({plain: plain}).decode()
                back = await connection.fetchval("SELECT $1::text::jsonb::text", document)
                assert orjson.loads(back) == {plain: plain}
            kept[name] = plain
        return kept


@pytest.fixture
async def things(
    kit_urls: DatabaseUrls, context_keys: ContextKeys
) -> AsyncIterator[httpx.AsyncClient]:
    async with kit_client(kit_urls, context_keys, add_routes) as client:
        yield client


async def send(things: httpx.AsyncClient, body: object) -> httpx.Response:
    # Escaped, so that half a surrogate pair can be sent.
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    return await things.post("/things", content=content, headers=headers)


def checked(field: str, value: object) -> Any:
    """What the rule of a field makes of a value; ValidationError if it refuses."""
    found = TypeAdapter(RULES[field]).validate_python(value)
    return found.get_secret_value() if isinstance(found, SecretStr) else found


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            "Ada Lovelace",
            "O'Neill & Sons <Homes>",
            "山田　太郎",
            "خانه‌های زیبا",
            "ශ්‍රී ලංකා",
            "മലയാളം അവൻ‍",
            "Dupont S.A.",
            "Villa 👨‍👩‍👧‍👦 🏳️‍🌈",
            "a\N{SOFT HYPHEN}b",
            "שלום\N{RIGHT-TO-LEFT MARK}!",
            # Assigned in Unicode 15, 16 and 17, after the newest that Python 3.11 knows.
            "\U00011f02 \U00010d50 \U0001fae9 \U0001e6c0",
            # Never to be assigned, but UTF-8, JSON and PostgreSQL have them.
            "a\ufdd0b\uffffc\U0010ffff",
            "one\N{LINE SEPARATOR}line",
            "x" * 120,
            "é" * 120,
            "👨‍👩‍👧" * 24,
        ],
    )
    def test_what_people_are_called_is_taken_as_it_is(self, name: str) -> None:
        assert checked("name", name) == name
        assert checked("file_name", name) == name

    @pytest.mark.parametrize(
        ("name", "kept"),
        [
            ("  Ada \n", "Ada"),
            ("\u3000山田\u00a0", "山田"),
            ("Cafe\u0301", "Café"),
            ("\u1112\u1161\u11ab", "한"),
            ("e\u0301" * 120, "é" * 120),
            ("\u0344" * 60, "\u0308\u0301" * 60),
        ],
    )
    def test_one_name_has_one_form(self, name: str, kept: str) -> None:
        assert checked("name", name) == kept

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("", "blank"),
            (" \t\u3000\u00a0", "blank"),
            ("\u200b\u200c\u200d\ufeff\u2060\u00ad", "blank"),
            ("\u3164\u115f\u2800\U000e0041\ufe0f", "blank"),
            ("x" * 121, "longer than 120 characters"),
            ("é" * 121, "longer than 120 characters"),
            ("\u0344" * 120, "longer than 120 characters"),
            ("a" + " " * 1_000_000, "longer than 120 characters"),
            ("a\x00b", "control"),
            ("a\x1bb", "control"),
            ("a\nb", "control"),
            ("a\x7fb", "control"),
            ("a\x85b", "control"),
            ("\ud83d", "Unicode"),
            ("a\udc00b", "Unicode"),
            *((f"a{chr(each)}b", "direction") for each in range(0x202A, 0x202F)),
            *((f"a{chr(each)}b", "direction") for each in range(0x2066, 0x206A)),
        ],
    )
    def test_what_nobody_is_called_is_refused_with_a_reason(self, name: str, reason: str) -> None:
        with pytest.raises(ValidationError, match=reason):
            checked("name", name)

    @pytest.mark.parametrize("name", ["a/b.jpg", "..\\b.jpg", "/"])
    def test_a_file_name_is_no_path(self, name: str) -> None:
        with pytest.raises(ValidationError, match="without its folders"):
            checked("file_name", name)

    def test_marks_in_the_worst_order_take_no_time(self) -> None:
        # A million of these would take minutes to sort.
        with pytest.raises(ValidationError, match="longer than 120 characters"):
            checked("name", "\u0315\u0316" * 500_000)


class TestEmail:
    @pytest.mark.parametrize(
        ("address", "kept"),
        [
            ("ada@example.com", "ada@example.com"),
            (" \u3000ada@example.com\n", "ada@example.com"),
            ("\ufeffada@example.com\u200e", "ada@example.com"),
            ("Ada+x@EXAMPLE.com", "Ada+x@example.com"),
            ("ada@BÜCHER.example.com", "ada@bücher.example.com"),
            ("ada@bu\u0308cher.example.com", "ada@bücher.example.com"),
            ("ada@xn--bcher-kva.example.com", "ada@bücher.example.com"),
            ("ada@例え。テスト.com", "ada@例え.テスト.com"),
        ],
    )
    def test_all_spellings_of_an_address_are_one(self, address: str, kept: str) -> None:
        assert checked("email", address) == kept

    @pytest.mark.parametrize(
        ("address", "reason"),
        [
            ("", "@-sign"),
            ("ada", "@-sign"),
            ("ada@", "after the @-sign"),
            ("ädä@example.com", "ASCII before the @"),
            ("a@b@example.com", "@"),
            ("ada@localhost", "period"),
            ("ada＠example.com", "full-width"),
            ("Ada <ada@example.com>", "display name"),
            ("a@" + "b." * 130 + "com", "too long"),
            ("a@" + "bücher." * 30 + "com", "too long"),
            ("ada\x00@example.com", "control"),
            ("ada\r\nBcc: x@example.com", "control"),
            ("\ud800@example.com", "Unicode"),
            ("a" * 100_000, "longer than 254"),
        ],
    )
    def test_what_gets_no_mail_is_refused_with_a_reason(self, address: str, reason: str) -> None:
        with pytest.raises(ValidationError, match=reason):
            checked("email", address)


class TestPasswords:
    @pytest.mark.parametrize(
        "typed", ["ö̈ß geheim", "한국어 비밀번호", "Ｐａｓｓ　ｗｏｒｄ", "ﬃnancial", "пароль12"]
    )
    def test_every_keyboard_writes_the_same_password(self, typed: str) -> None:
        forms = {unicodedata.normalize(form, typed) for form in ("NFC", "NFD", "NFKC", "NFKD")}
        assert len({checked("new_password", form) for form in forms}) == 1
        assert {checked("password", form) for form in forms} == {checked("new_password", typed)}

    @pytest.mark.parametrize(
        "password", ["ü" * 8, "x" * 8, "🔑" * 8, "e\u0301" * 8, "x" * 256, "🔑" * 256]
    )
    def test_its_length_is_counted_in_characters(self, password: str) -> None:
        assert checked("new_password", password)
        assert checked("password", password)

    @pytest.mark.parametrize(
        ("password", "reason"),
        [
            ("ü" * 7, "at least 8 characters"),
            ("e\u0301" * 7, "at least 8 characters"),
            ("🔑" * 7, "at least 8 characters"),
            ("x" * 257, "longer than 256 characters"),
            ("\ufdfa" * 256, "longer than 1,024 bytes"),
            ("x" * 1_000_000, "longer than 1,024 bytes"),
            ("\u0315\u0316" * 100_000, "longer than 1,024 bytes"),
            ("1234567\x00", "control"),
            ("12345678\n", "control"),
            ("1234567\ud800", "Unicode"),
        ],
    )
    def test_what_nobody_can_type_again_is_refused(self, password: str, reason: str) -> None:
        with pytest.raises(ValidationError, match=reason):
            checked("new_password", password)

    @pytest.mark.parametrize("password", ["", "short", "x" * 1_024, "tab\there", "nul\x00"])
    def test_a_log_in_takes_what_was_chosen_under_older_rules(self, password: str) -> None:
        assert checked("password", password) == password

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=MAX_PASSWORD * 2))
    @example("\u1fb7" * 341)
    def test_whoever_may_choose_a_password_may_log_in_with_it(self, password: str) -> None:
        try:
            chosen = checked("new_password", password)
        except ValidationError:
            return
        assert checked("password", password) == chosen
        assert 8 <= len(chosen) <= MAX_PASSWORD
        assert len(chosen.encode()) <= MAX_PASSWORD_BYTES


class TestCodes:
    @pytest.mark.parametrize(
        "typed",
        [
            "493027",
            " 493 027\n",
            "493-027",
            "493\N{EN DASH}027",
            "493\u00a0027",
            "4 9 3 0 2 7",
            "４９３０２７",
            "４９３　０２７",
            "٤٩٣٠٢٧",
            "۴۹۳۰۲۷",
            "४९३०२७",
            "\u200e493027\u202c",
        ],
    )
    def test_digits_of_every_script_and_in_groups_are_taken(self, typed: str) -> None:
        assert checked("code", typed) == "493027"

    @pytest.mark.parametrize(
        "typed",
        ["", "49302", "4930270", "49302x", "⁴⁹³⁰²⁷", "IVXLCD", "4.9302", " " * 65, "+49302"],
    )
    def test_anything_else_is_refused(self, typed: str) -> None:
        with pytest.raises(ValidationError):
            checked("code", typed)


class TestNetworks:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("203.0.113.7", "203.0.113.7/32"),
            (" 203.0.113.7/24 ", "203.0.113.0/24"),
            ("2001:DB8:0::1", "2001:db8::1/128"),
            ("0.0.0.0/0", "0.0.0.0/0"),
        ],
    )
    def test_an_address_is_a_network_of_one(self, typed: str, kept: str) -> None:
        assert checked("network", typed) == kept

    @pytest.mark.parametrize(
        "typed", ["", "here", "203.0.113", "203.0.113.0/33", "fe80::1%eth0", "1/2/3", "7"]
    )
    def test_anything_else_is_refused(self, typed: str) -> None:
        with pytest.raises(ValidationError):
            checked("network", typed)


class TestColors:
    @pytest.mark.parametrize("typed", ["#1f4d3a", "#1F4D3A", "1f4d3a", " #1f4d3a\n"])
    def test_all_spellings_of_a_colour_are_one(self, typed: str) -> None:
        assert checked("color", typed) == "#1f4d3a"

    def test_each_digit_of_a_short_one_stands_for_two(self) -> None:
        assert checked("color", "#F0a") == "#ff00aa"

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "#",
            "green",
            "#12345",
            "#1f4d3aff",
            "##1f4d3a",
            "#1f4d3g",
            "#１２３",
            "rgb(0, 0, 0)",
            "#fff;}body{display:none",
            "#" * 65,
        ],
    )
    def test_anything_else_is_refused(self, typed: str) -> None:
        with pytest.raises(ValidationError):
            checked("color", typed)


class TestTimes:
    @pytest.mark.parametrize(
        "text",
        [
            "9999-12-31T23:59:59-05:00",
            "9999-12-31T23:59:59.9995Z",
            "9999-12-31T23:59:59.999999Z",
            "0001-01-01T00:00:00Z",
            "0001-01-01T00:00:00+05:00",
            "1969-12-31T23:59:59Z",
        ],
    )
    def test_what_the_type_cannot_hold_is_refused_with_the_bounds(self, text: str) -> None:
        with pytest.raises(ValidationError, match=r"between 1970.* and 9999-12-31T23:59:59\.999Z"):
            checked("instant", text)

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("9999-12-31T23:59:59.999Z", LATEST),
            ("9999-12-31T18:59:59.999-05:00", LATEST),
            ("1970-01-01T00:00:00Z", EARLIEST),
            ("2030-01-01t01:00:00+01:00", datetime(2030, 1, 1, tzinfo=UTC)),
        ],
    )
    def test_others_are_kept_in_utc(self, text: str, moment: datetime) -> None:
        assert checked("instant", text) == moment
        assert checked("instant", text).utcoffset() == timedelta(0)

    @pytest.mark.parametrize(
        "value",
        [
            0,
            1e308,
            1_700_000_000,
            "1700000000",
            "2030-01-01",
            "2030-01-01T00:00:00",
            "",
            "now",
            True,
            [],
        ],
    )
    def test_what_is_no_time_with_a_zone_is_refused(self, value: object) -> None:
        with pytest.raises(ValidationError):
            checked("instant", value)

    def test_the_bounds_are_in_the_schema(self) -> None:
        schema = TypeAdapter(Instant).json_schema()
        assert (schema["formatMinimum"], schema["formatMaximum"]) == (
            "1970-01-01T00:00:00.000Z",
            "9999-12-31T23:59:59.999Z",
        )
        assert schema["formatMaximum"] in schema["description"]


class TestNumbers:
    @pytest.mark.parametrize(
        "value", [True, False, "1", "", 1.5, None, [], 2**63, -(2**63) - 1, 10**4_000]
    )
    def test_what_is_no_number_in_the_bounds_is_refused(self, value: object) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Big).validate_python(value)

    @pytest.mark.parametrize("value", [0, 1.0, -(2**63), 2**63 - 1])
    def test_others_are_taken(self, value: float) -> None:
        assert TypeAdapter(Big).validate_python(value) == value

    @pytest.mark.parametrize(
        "value",
        [
            True,
            "1",
            None,
            [],
            {},
            -1.001,
            2.001,
            10**4_000,
            float("nan"),
            float("inf"),
            float("-inf"),
        ],
    )
    def test_what_is_no_real_number_in_the_bounds_is_refused(self, value: object) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Share).validate_python(value)

    @pytest.mark.parametrize("value", [-1, 0, 2, 0.1, 5e-324, 1 / 3])
    def test_other_real_numbers_are_taken(self, value: float) -> None:
        assert TypeAdapter(Share).validate_python(value) == value
        assert str(TypeAdapter(Share).validate_python(-0.0)) == "0.0"

    @pytest.mark.parametrize("value", [1, 0, "true", "on", None])
    def test_a_flag_is_true_or_false(self, value: object) -> None:
        with pytest.raises(ValidationError):
            TypeAdapter(Flag).validate_python(value)


# Every code point, with those that have gone wrong somewhere more often than by chance.
CHARACTERS = st.one_of(
    st.sampled_from(
        "\x00\x1f\x7f\x85\xa0\xad\u0301\u0344\u200b\u200d\u2028\u202e\u2066\u3000\ufdfa\ufeff"
    ),
    st.sampled_from("\ud800\udfff\ufffe\uffff\U0001e6c0\U0010ffffäﬁﷺ한@./\\-0９"),
    st.characters(exclude_categories=[]),
)
TEXT = st.text(CHARACTERS, max_size=40)
ANYTHING = st.recursive(
    st.one_of(
        TEXT,
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(-(2**63) - 2, 2**63 + 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=3,
)
OFFSETS = st.integers(-1_439, 1_439).map(
    lambda minutes: f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
)
TIMES = st.builds(lambda moment, offset: moment.isoformat() + offset, st.datetimes(), OFFSETS)
THOROUGH = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(field=st.sampled_from([*TEXTS, *SECRETS]), text=TEXT)
@settings(max_examples=500)
def test_what_has_passed_passes_again_unchanged(field: str, text: str) -> None:
    try:
        once = checked(field, text)
    except ValidationError:
        return
    assert checked(field, once) == once


class TestOverHttp:
    """Whatever a rule takes is stored and read back equal; whatever it refuses is a 422 with a code."""

    @given(field=st.sampled_from([*Thing.model_fields]), value=ANYTHING)
    @THOROUGH
    @example(field="new_password", value="\x00" * 9)
    @example(field="secret", value="\x00")
    @example(field="choice", value="\x00")
    async def test_any_value_of_any_field(
        self, things: httpx.AsyncClient, field: str, value: object
    ) -> None:
        await self._send(things, field, value)

    @given(field=st.sampled_from(TEXTS), value=TEXT)
    @THOROUGH
    async def test_any_text(self, things: httpx.AsyncClient, field: str, value: str) -> None:
        await self._send(things, field, value)

    @given(value=TIMES)
    @THOROUGH
    @example("9999-12-31T23:59:59-05:00")
    @example("9999-12-31T23:59:59.999999+00:00")
    @example("0001-01-01T00:00:00+00:00")
    @example("0001-01-01T00:00:00+14:00")
    async def test_any_time(self, things: httpx.AsyncClient, value: str) -> None:
        await self._send(things, "instant", value)

    async def _send(self, things: httpx.AsyncClient, field: str, value: object) -> None:
        answer = await send(things, {field: value})
        if answer.status_code == 200:
            kept = TypeAdapter(Thing).validate_python({field: value}).model_dump(mode="json")[field]
            assert field in SECRETS or answer.json().get(field) == kept
        else:
            assert code(answer) == (422, "invalid_request")

    @given(name=TEXT.filter(lambda name: name not in Thing.model_fields))
    @THOROUGH
    @example("\ud800")
    @example("x" * 100_000)
    async def test_an_unknown_member_of_any_name(
        self, things: httpx.AsyncClient, name: str
    ) -> None:
        answer = await send(things, {name: 1})
        assert code(answer) == (422, "invalid_request")
        assert len(answer.content) < 2_000

    @pytest.mark.parametrize(
        ("field", "value", "kind"),
        [
            ("name", " ", "blank"),
            ("name", "x" * 121, "too_long"),
            ("name", "a\u202eb", "characters"),
            ("name", 1, "string_type"),
            ("file_name", "a/b", "file_name"),
            ("email", "ada@", "email"),
            ("new_password", "short", "too_short"),
            ("code", "12345", "code"),
            ("color", "green", "color"),
            ("network", "nowhere", "network"),
            ("instant", "1.5.2026", "instant"),
            ("big", "1", "number"),
            ("share", 3, "less_than_equal"),
        ],
    )
    async def test_the_kind_of_a_mistake_is_told_to_programs(
        self, things: httpx.AsyncClient, field: str, value: object, kind: str
    ) -> None:
        answer = await send(things, {field: value})
        assert [(each["field"], each["type"]) for each in answer.json()["errors"]] == [
            (f"body.{field}", kind)
        ]

    async def test_a_hundred_thousand_faults_have_a_short_answer(
        self, things: httpx.AsyncClient
    ) -> None:
        answer = await send(things, {str(number): 1 for number in range(50_000)})
        assert code(answer) == (422, "invalid_request")
        assert len(answer.content) < 20_000

    @pytest.mark.parametrize(
        "body",
        [
            b'{"name": "a", "name": "b"}',
            b'{"name": "a", "n\\u0061me": "b"}',
            b'[{"x": {"y": 1, "y": 1}}]',
            b'{"big": NaN}',
            b'{"big": Infinity}',
            b'{"big": -Infinity}',
            b'{"big": ' + b"9" * 5_000 + b"}",
            b'{"name": "\xff"}',
            b'{"name": "\xed\xa0\x80"}',
            '{"name": "a"}'.encode("utf-16"),
            b"[" * 100_000,
            b'{"name":' * 20_000 + b"1" + b"}" * 20_000,
            b"[" * 20_000 + b"]" * 20_000,
            b'{"name": "a"} {"name": "b"}',
            b'{"name": "a\nb"}',
            b"\x00",
        ],
        ids=lambda body: repr(body[:30]),
    )
    async def test_what_two_programs_read_differently_is_refused(
        self, things: httpx.AsyncClient, body: bytes
    ) -> None:
        assert code(await send(things, body)) == (422, "malformed_json")

    @pytest.mark.parametrize(
        "body",
        [b'{"big": 1e999}', b'{"big": -1e999}', b'{"big": 1e400}', b"[1, 2]", b"null", b'""'],
        ids=repr,
    )
    async def test_what_is_json_but_no_thing_is_refused(
        self, things: httpx.AsyncClient, body: bytes
    ) -> None:
        assert code(await send(things, body)) == (422, "invalid_request")

    async def test_a_byte_order_mark_is_ignored(self, things: httpx.AsyncClient) -> None:
        answer = await send(things, b'\xef\xbb\xbf{"name": "a"}')
        assert (answer.status_code, answer.json()) == (200, {"name": "a"})

    async def test_a_body_in_pieces_is_read_as_one(self, things: httpx.AsyncClient) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for byte in '{"name": "ä", "name": "b"}'.encode():
                yield bytes([byte])

        headers = {"content-type": "application/json"}
        answer = await things.post("/things", content=pieces(), headers=headers)
        assert code(answer) == (422, "malformed_json")
