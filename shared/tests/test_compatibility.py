"""The contract only grows: each kind of break is found, and main's contract is not broken."""

import io
import subprocess
import tarfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from stagify.events import registered_events
from stagify.events.compatibility import (
    NEVER_SENT,
    breaking_changes,
    breaking_schema_changes,
)
from stagify.events.contract import contract_files

ROOT = Path(__file__).parents[2]
FOLDER = "docs/events"

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
UUID_STRING = {"type": "string", "format": "uuid"}
MAYBE = {"anyOf": [UUID_STRING, {"type": "null"}]}
COLOURS = {"type": "string", "enum": ["red", "green"]}
POINT: dict[str, Any] = {
    "type": "object",
    "properties": {"x": INTEGER, "y": INTEGER},
    "required": ["x"],
}


def holding(schema: Any, **other: Any) -> dict[str, Any]:
    """An event with one field of this schema."""
    return {"type": "object", "properties": {"field": schema}, **other}


BREAKS = {
    "removed": (holding(STRING), {"type": "object", "properties": {}}, "field: removed"),
    "renamed": (
        holding(STRING),
        {"type": "object", "properties": {"other": STRING}},
        "field: removed",
    ),
    "retyped": (holding(STRING), holding(INTEGER), "retyped from string to integer"),
    "typed at last": (holding({}), holding(STRING), "retyped from anything to string"),
    "of any type": (holding(STRING), holding({}), "retyped from string to anything"),
    "number for integer": (holding(INTEGER), holding({"type": "number"}), "retyped"),
    "null too": (holding(UUID_STRING), holding(MAYBE), "may be null now"),
    "null too, by a list of types": (
        holding(STRING),
        holding({"type": ["string", "null"]}),
        "may be null now",
    ),
    "never null": (holding(MAYBE), holding(UUID_STRING), "may no longer be null"),
    "another choice": (
        holding(MAYBE),
        holding({"anyOf": [*MAYBE["anyOf"], INTEGER]}),
        "may be integer now",
    ),
    "retyped choice": (
        holding(MAYBE),
        holding({"anyOf": [STRING, {"type": "null"}]}),
        "may no longer be string (uuid)",
    ),
    "value removed": (
        holding(COLOURS),
        holding({"type": "string", "enum": ["red"]}),
        'narrowed, ["green"] removed',
    ),
    "list closed": (holding(STRING), holding(COLOURS), "narrowed to"),
    "constant": (holding(STRING), holding({"type": "string", "const": "red"}), "narrowed to"),
    "other constant": (holding({"const": "1.0"}), holding({"const": "2.0"}), "narrowed"),
    "list of numbers opened": (holding({"enum": [1, 2]}), holding(INTEGER), "retyped"),
    "required": (holding(STRING), holding(STRING, required=["field"]), "field: required now"),
    "optional": (
        holding(STRING, required=["field"]),
        holding(STRING),
        "field: no longer always there",
    ),
    "new and required": (
        holding(STRING),
        {"type": "object", "properties": {"field": STRING, "new": STRING}, "required": ["new"]},
        "new: required now",
    ),
    "format": (holding(STRING), holding(UUID_STRING), "from format None to uuid"),
    "no format": (holding(UUID_STRING), holding(STRING), "from format uuid to None"),
    "pattern": (holding(STRING), holding({**STRING, "pattern": "^a"}), "narrowed by pattern"),
    "other pattern": (
        holding({**STRING, "pattern": "^a"}),
        holding({**STRING, "pattern": "^b"}),
        "narrowed by pattern",
    ),
    "minimum": (holding(INTEGER), holding({**INTEGER, "minimum": 0}), "narrowed by minimum 0"),
    "higher minimum": (
        holding({**INTEGER, "minimum": 0}),
        holding({**INTEGER, "minimum": 1}),
        "narrowed by minimum 1",
    ),
    "lower maximum": (
        holding({**INTEGER, "maximum": 9}),
        holding({**INTEGER, "maximum": 8}),
        "narrowed by maximum 8",
    ),
    "length": (holding(STRING), holding({**STRING, "maxLength": 9}), "narrowed by maxLength 9"),
    "shortest": (holding(STRING), holding({**STRING, "minLength": 1}), "narrowed by minLength 1"),
    "nested removed": (
        holding(POINT),
        holding({**POINT, "properties": {"x": INTEGER}}),
        "field.y: removed",
    ),
    "nested required": (
        holding(POINT),
        holding({**POINT, "required": ["x", "y"]}),
        "field.y: required now",
    ),
    "items retyped": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": INTEGER}),
        "field[]: retyped",
    ),
    "items narrowed": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": COLOURS}),
        "field[]: narrowed to",
    ),
    "items typed": (
        holding({"type": "array"}),
        holding({"type": "array", "items": STRING}),
        "field[]: retyped",
    ),
    "fewer items": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": STRING, "maxItems": 3}),
        "narrowed by maxItems 3",
    ),
    "unique items": (
        holding({"type": "array", "items": STRING}),
        holding({"type": "array", "items": STRING, "uniqueItems": True}),
        "narrowed by uniqueItems",
    ),
    "place of a tuple": (
        holding({"type": "array", "prefixItems": [STRING, STRING]}),
        holding({"type": "array", "prefixItems": [STRING, INTEGER]}),
        "field[1]: retyped",
    ),
    "shorter tuple": (
        holding({"type": "array", "prefixItems": [STRING, STRING]}),
        holding({"type": "array", "prefixItems": [STRING]}),
        "has 1 places, not 2",
    ),
    "no other members": (
        holding(POINT),
        holding({**POINT, "additionalProperties": False}),
        "takes no other members",
    ),
    "other members typed": (
        holding(POINT),
        holding({**POINT, "additionalProperties": STRING}),
        "other members narrowed",
    ),
    "mapping retyped": (
        holding({"type": "object", "additionalProperties": STRING}),
        holding({"type": "object", "additionalProperties": INTEGER}),
        "field.*: retyped",
    ),
    "mapping of anything": (
        holding({"type": "object", "additionalProperties": STRING}),
        holding({"type": "object"}),
        "field.*: retyped",
    ),
    "inside a definition": (
        holding({"$ref": "#/$defs/Point"}, **{"$defs": {"Point": POINT}}),
        holding(
            {"$ref": "#/$defs/Point"},
            **{"$defs": {"Point": {**POINT, "properties": {"x": INTEGER}}}},
        ),
        "field.y: removed",
    ),
    "inside an enum of a definition": (
        holding({"$ref": "#/$defs/Colour"}, **{"$defs": {"Colour": COLOURS}}),
        holding(
            {"$ref": "#/$defs/Shade"}, **{"$defs": {"Shade": {"type": "string", "enum": ["red"]}}}
        ),
        'narrowed, ["green"] removed',
    ),
    "inside a definition of itself": (
        holding(
            {"$ref": "#/$defs/Tree"},
            **{"$defs": {"Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
        ),
        holding(
            {"$ref": "#/$defs/Tree"},
            **{
                "$defs": {
                    "Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "maxItems": 2}
                }
            },
        ),
        "narrowed by maxItems 2",
    ),
    "a keyword not known": (holding(STRING), holding({**STRING, "not": {}}), "not changed"),
}

GROWTH = {
    "nothing": (holding(STRING), holding(STRING)),
    "new optional field": (
        holding(STRING),
        {"type": "object", "properties": {"field": STRING, "new": INTEGER}},
    ),
    "new optional field of an object inside": (
        holding(POINT),
        holding({**POINT, "properties": {**POINT["properties"], "z": COLOURS}}),
    ),
    "new value": (
        holding(COLOURS),
        holding({"type": "string", "enum": ["red", "blue", "green"]}),
    ),
    # Readers are told that vocabularies are open, and ours accept any value, so a closed list
    # promises no more than a string.
    "list opened": (holding(COLOURS), holding(STRING)),
    "list of a definition opened": (
        holding({"$ref": "#/$defs/Colour"}, **{"$defs": {"Colour": COLOURS}}),
        holding(STRING),
    ),
    "constant opened": (holding({"type": "string", "const": "red"}), holding(COLOURS)),
    "words": (holding(STRING), holding({**STRING, "title": "T", "description": "D"})),
    "order of the choices": (holding(MAYBE), holding({"anyOf": MAYBE["anyOf"][::-1]})),
    "choices written otherwise": (
        holding({"anyOf": [STRING, {"type": "null"}]}),
        holding({"type": ["null", "string"]}),
    ),
    "wider limits": (
        holding({**INTEGER, "minimum": 1, "maximum": 8}),
        holding({**INTEGER, "minimum": 0, "maximum": 9}),
    ),
    "no limits": (holding({**STRING, "maxLength": 9, "pattern": "^a"}), holding(STRING)),
    "other members": (holding({**POINT, "additionalProperties": False}), holding(POINT)),
    "a definition's name": (
        holding({"$ref": "#/$defs/A"}, **{"$defs": {"A": POINT}}),
        holding({"$ref": "#/$defs/B"}, **{"$defs": {"B": POINT}}),
    ),
    "a definition of itself": (
        holding(
            {"$ref": "#/$defs/Tree"},
            **{"$defs": {"Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}}},
        ),
        holding(
            {"$ref": "#/$defs/Wood"},
            **{"$defs": {"Wood": {"type": "array", "items": {"$ref": "#/$defs/Wood"}}}},
        ),
    ),
}


@pytest.mark.parametrize(("before", "after", "found"), BREAKS.values(), ids=BREAKS)
def test_a_break_is_found(before: Any, after: Any, found: str) -> None:
    changes = breaking_schema_changes(before, after)
    assert any(found in change for change in changes), changes


@pytest.mark.parametrize(("before", "after"), GROWTH.values(), ids=GROWTH)
def test_growth_is_not_a_break(before: Any, after: Any) -> None:
    assert breaking_schema_changes(before, after) == []


class TestContract:
    EVENT = "stagify.project.staged.v1"

    def changed(self, path: str, old: bytes, new: bytes) -> Mapping[str, bytes]:
        """Today's contract with another text in one of its files."""
        files = contract_files()
        assert old in files[path]
        return {**files, path: files[path].replace(old, new)}

    def test_a_field_that_is_gone_is_found(self) -> None:
        after = self.changed(f"schemas/{self.EVENT}.json", b'"image_id"', b'"picture_id"')
        changes = breaking_changes(contract_files(), after)
        assert f"{self.EVENT}: data.image_id: removed" in changes

    def test_a_type_that_is_gone_is_found(self) -> None:
        after = contract_files()
        del after[f"schemas/{self.EVENT}.json"]
        assert breaking_changes(contract_files(), after) == [f"{self.EVENT}: removed"]

    def test_a_type_on_another_topic_is_found(self) -> None:
        before, after = (orjson.loads(contract_files()["asyncapi.json"]) for _ in range(2))
        message = after["channels"]["staging.events"]["messages"].pop("ProjectStaged")
        after["channels"]["billing.events"]["messages"]["ProjectStaged"] = message
        old, new = ({"asyncapi.json": orjson.dumps(each)} for each in (before, after))
        assert breaking_changes(old, new) == [
            "ProjectStaged: moved from staging.events to billing.events"
        ]

    def test_a_new_type_is_growth(self) -> None:
        before = contract_files()
        del before[f"schemas/{self.EVENT}.json"]
        assert breaking_changes(before, contract_files()) == []

    def test_a_type_that_was_never_sent_may_go(self) -> None:
        assert NEVER_SENT & registered_events().keys() == set()


def git(root: Path, *arguments: str) -> bytes | None:
    """The output of git; None if it fails or is not installed."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def commit(root: Path, name: str) -> str | None:
    """The id of the commit with this name."""
    found = git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    return found.decode().strip() if found else None


def promised(root: Path) -> tuple[str | None, str]:
    """The commit whose contract readers rely on, and how it was chosen.

    That is where this branch left main, or on main itself the commit before. Where main is not
    known, as in a shallow clone, the last commit has to do, and where git is not, the files.
    """
    head = commit(root, "HEAD")
    if head is None:
        return None, "without git, with the files in docs/events"
    for main in ("origin/main", "main"):
        base = git(root, "merge-base", head, main)
        if base is None:
            continue
        left = base.decode().strip()
        before = commit(root, "HEAD^") if left == head else left
        if before is not None:
            return before, f"with {main}"
    return head, "without main's history, with the last commit only"


def contract_at(root: Path, revision: str | None) -> Mapping[str, bytes]:
    """The committed contract of `revision`; if that is None, the files in the working tree."""
    if revision is None:
        folder = root / FOLDER
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.json")}
    archive = git(root, "archive", revision, FOLDER)
    assert archive is not None, f"{revision} has no {FOLDER}"
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {
            member.name.removeprefix(f"{FOLDER}/"): file.read()
            for member in files.getmembers()
            if (file := files.extractfile(member)) is not None
        }


# If it is compared with something else than main, the end of the test run says so.
@pytest.mark.filterwarnings("default:the contract was compared")
def test_the_contract_keeps_what_main_promises() -> None:
    revision, how = promised(ROOT)
    if "without" in how:
        warnings.warn(f"the contract was compared {how}", stacklevel=1)
    before = contract_at(ROOT, revision)
    assert any(path.startswith("schemas/") for path in before), how
    assert breaking_changes(before, contract_files()) == []


class TestWhatIsComparedWith:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """A checkout of main, with two commits."""
        git(tmp_path, "init", "--quiet", "--initial-branch=main")
        self.commit(tmp_path, "first")
        self.commit(tmp_path, "second")
        return tmp_path

    def commit(self, root: Path, content: str) -> str:
        path = root / FOLDER / "schemas/x.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        git(root, "add", ".")
        names = ("-c", "user.name=x", "-c", "user.email=x@example.test")
        git(root, *names, "commit", "--quiet", "--message", content)
        made = commit(root, "HEAD")
        assert made is not None
        return made

    def compared(self, root: Path) -> tuple[bytes, str]:
        revision, how = promised(root)
        return contract_at(root, revision)["schemas/x.json"], how

    def test_a_branch_is_compared_with_where_it_left_main(self, root: Path) -> None:
        git(root, "checkout", "--quiet", "-b", "branch")
        self.commit(root, "third")
        self.commit(root, "fourth")
        git(root, "checkout", "--quiet", "main")
        self.commit(root, "elsewhere")
        git(root, "checkout", "--quiet", "branch")
        assert self.compared(root) == (b"second", "with main")

    def test_main_is_compared_with_the_commit_before(self, root: Path) -> None:
        assert self.compared(root) == (b"first", "with main")

    def test_a_clone_without_main_says_so(self, root: Path) -> None:
        git(root, "checkout", "--quiet", "--detach")
        git(root, "branch", "--quiet", "--delete", "--force", "main")
        (root / FOLDER / "schemas/x.json").write_text("not committed")
        content, how = self.compared(root)
        assert content == b"second"
        assert how.startswith("without main's history")

    def test_a_shallow_clone_says_so(self, root: Path, tmp_path_factory: Any) -> None:
        clone = tmp_path_factory.mktemp("shallow")
        git(clone, "clone", "--quiet", "--depth=1", root.as_uri(), str(clone))
        content, how = self.compared(clone)
        assert content == b"second"
        assert how.startswith("without main's history")

    def test_an_unpacked_archive_says_so(self, tmp_path: Path) -> None:
        path = tmp_path / FOLDER / "schemas/x.json"
        path.parent.mkdir(parents=True)
        path.write_text("as it lies here")
        assert self.compared(tmp_path) == (
            b"as it lies here",
            "without git, with the files in docs/events",
        )
