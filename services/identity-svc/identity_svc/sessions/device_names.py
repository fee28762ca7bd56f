"""What a browser is called in the list of a person's sessions: its family and its system, in a few words.

The header itself is not stored: it says more than anybody needs, and changes with every release.
"""

import re

# More than any browser sends.
MAX_CHARACTERS = 512

# The first that is found counts: browsers also name those that they descend from.
_BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\b(?:OPR|OPT|Opera)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Chrome|Chromium|CriOS|HeadlessChrome)/"),
    ("Safari", r"\bVersion/[\d.]+ (?:Mobile/\w+ )?Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows NT\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("macOS", r"\bMac OS X\b"),
    ("Linux", r"\bLinux\b"),
)


def device_name(user_agent: str) -> str | None:
    """Such as "Chrome on Linux"; None if the header names nothing that we know."""
    text = user_agent[:MAX_CHARACTERS]
    browser, system = _first(_BROWSERS, text), _first(_SYSTEMS, text)
    return " on ".join(name for name in (browser, system) if name is not None) or None


def _first(names: tuple[tuple[str, str], ...], text: str) -> str | None:
    return next((name for name, pattern in names if re.search(pattern, text)), None)
