"""What the engine says to customers is among the texts of the web app, so that every language has it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGINE = ROOT / "services/staging-svc/engine/staging_engine"
# Where the sentences of checks, hints and refusals stand.
MODULES = ("content", "defects", "hints", "plan", "upright", "verdict", "visitors")
TEXTS = ROOT / "web/src/features/photo/locales/en.po"


def sentences(module: str) -> Iterator[str]:
    """The module's whole sentences that are no documentation."""
    tree = ast.parse((ENGINE / f"{module}.py").read_text())
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or id(node) in documentation | parts:
            continue
        if isinstance(node.value, str) and re.fullmatch(r"[A-Z].* .*\.", node.value):
            yield node.value


def test_every_sentence_of_the_engine_is_a_text_of_the_web_app() -> None:
    texts = set(re.findall(r'^msgid "(.*)"$', TEXTS.read_text(), re.MULTILINE))
    said = [sentence for module in MODULES for sentence in sentences(module)]
    assert len(said) > 40
    assert [sentence for sentence in said if sentence not in texts] == []
