"""The rules of WCAG 2.2 AA that a program can check, on a page as it is shown now."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Colours are judged as they stay, not on their way there.
SETTLED = """() => document.getAnimations().every((animation) =>
  animation.playState !== "running" || animation.effect?.getTiming().iterations === Infinity)"""
RUN = """async (tags) => {
  const { violations } = await axe.run(document, {
    runOnly: { type: "tag", values: tags }, resultTypes: ["violations"],
  });
  return violations.map(({ id, help, nodes }) => ({
    id, help, where: nodes.map(({ html, failureSummary }) => `${html}\\n${failureSummary}`),
  }));
}"""
# What is wider than the window, where a person would have to scroll sideways.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.querySelectorAll("body *")].filter((each) =>
    each.getBoundingClientRect().right > width + 1 || each.scrollWidth > width + 1);
  return [`${document.documentElement.scrollWidth} instead of ${width}`,
    ...wide.slice(-5).map((each) => each.outerHTML.slice(0, 160))];
}"""


def violations(page: Page) -> list[str]:
    """What a person with a disability would stumble over on the page, as sentences."""
    page.wait_for_function(SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN, TAGS)
    return [f"{each['id']}: {each['help']}\n{where}" for each in found for where in each["where"]]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways; nothing if it does not."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


def barriers(page: Page) -> list[str]:
    """All that keeps somebody from using the page as it is now."""
    return [*violations(page), *too_wide(page)]
