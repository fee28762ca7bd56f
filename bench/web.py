"""What the web app costs the people who use it: how soon they see a page, how soon it answers, and
what it takes of their machine.

Run with `python bench/web.py` after `make web`. It starts a platform with the fast engine and a Chromium, and takes a
few minutes. A page is opened with an empty cache each time, as on a first visit.
"""

import contextlib
import gzip
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from proof.browser import chromium
from proof.customers import photo, sign_up
from proof.figures import Bar, median, percentile, report
from proof.person import DESK, PHONE, Person
from proof.platforms import running
from stagify_local.customer import Customer
from stagify_local.platform import REPOSITORY, Platform
from stagify_local.waiting import eventually

DIST = REPOSITORY / "web/dist"
ROUNDS = 5
# As many photos as somebody may scroll through.
MANY_PHOTOS = 300
SLOWER = 4
# 9 Mbit/s and 60 ms: a phone outside of a Wi-Fi.
NETWORK = {
    "offline": False,
    "latency": 60,
    "downloadThroughput": 9_000_000 / 8,
    "uploadThroughput": 9_000_000 / 8,
}
MINUTES = 60
SETTLE_MS = 700
# How long it may take to scroll through all photos.
LISTED_SECONDS = 120
LOADED = (
    "() => [...document.images].every(({ complete, loading }) => complete || loading === 'lazy')"
)
PATHS = {"log-in": "/login", "photos": "/", "usage": "/office/usage"}
BARS = [
    *(Bar(f"LCP of {page}, desk, ms", at_most=1_000) for page in PATHS),
    *(Bar(f"LCP of {page}, phone, ms", at_most=2_000) for page in PATHS),
    Bar("largest CLS", at_most=0.02),
    Bar(f"INP with {MANY_PHOTOS} photos, ms", at_most=200),
    Bar("heap after an hour / after five minutes", at_most=1.1),
    Bar("shell JavaScript, kB gzip", at_most=160),
]
# Everything that has been painted, has moved, or has been answered since the page began.
OBSERVE = """
window.seen = { lcp: 0, cls: 0, interactions: {} };
const observe = (type, options, take) =>
  new PerformanceObserver((list) => list.getEntries().forEach(take))
    .observe({ type, buffered: true, ...options });
observe("largest-contentful-paint", {}, (entry) => { seen.lcp = entry.startTime });
observe("layout-shift", {}, (entry) => { if (!entry.hadRecentInput) seen.cls += entry.value });
observe("event", { durationThreshold: 16 }, ({ interactionId, duration }) => {
  if (interactionId)
    seen.interactions[interactionId] = Math.max(seen.interactions[interactionId] ?? 0, duration);
});
"""
BEFORE_PAINT = """() => {
  const [{ startTime: paint }] = performance.getEntriesByName("first-contentful-paint");
  const loaded = performance.getEntriesByType("resource");
  return 1 + loaded.filter(({ startTime }) => startTime < paint).length;
}"""


class Devices:
    """A person at a desk and one with a phone, both logged in."""

    def __init__(self, browser: Browser, customer: Customer) -> None:
        self._people = {}
        for name, size in (("desk", DESK), ("phone", PHONE)):
            person = Person(browser, customer.account.port, size=size, calm=False)
            person.log_in(customer.account)
            self._people[name] = person

    def items(self) -> Iterable[tuple[str, Person]]:
        return self._people.items()


def tools(page: Page) -> CDPSession:
    """The protocol of the browser's own tools, for one page."""
    return page.context.new_cdp_session(page)


@contextlib.contextmanager
def first_visit(person: Person, customer: Customer, path: str, *, slow: bool) -> Iterator[Page]:
    """A page in a new tab that nothing of has been loaded before."""
    page = person.new_tab()
    page.add_init_script(OBSERVE)
    browser = tools(page)
    browser.send("Network.enable")
    browser.send("Network.clearBrowserCache")
    if slow:
        browser.send("Network.emulateNetworkConditions", NETWORK)
        browser.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(f"{customer.account.url}{path}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_function(LOADED)
    # So that what would still move can.
    page.wait_for_timeout(SETTLE_MS)
    yield page
    page.close()


def paints(browser: Browser, customer: Customer) -> tuple[dict[str, float], dict[str, Any]]:
    """How soon the largest part of each page is seen, and how far anything moves after that."""
    found: dict[str, list[float]] = {}
    shifts: list[float] = []
    requests: list[float] = []
    for device, person in Devices(browser, customer).items():
        visitor = Person(browser, customer.account.port, size=DESK if device == "desk" else PHONE)
        for (name, path), _ in itertools.product(PATHS.items(), range(ROUNDS)):
            who = visitor if name == "log-in" else person
            with first_visit(who, customer, path, slow=device == "phone") as page:
                seen = page.evaluate("() => seen")
                found.setdefault(f"LCP of {name}, {device}, ms", []).append(seen["lcp"])
                shifts.append(seen["cls"])
                if name == "log-in":
                    requests.append(page.evaluate(BEFORE_PAINT))
        visitor.close()
        person.close()
    figures = {name: median(rounds) for name, rounds in found.items()}
    figures["largest CLS"] = max(shifts)
    figures["requests before the first paint of the log-in"] = max(requests)
    return figures, {"lcp": found, "cls": shifts, "requests": requests}


def answers(browser: Browser, customer: Customer) -> tuple[float, list[float]]:
    """How soon the list of photos answers to whatever somebody does, at worst but one in fifty."""
    person = Person(browser, customer.account.port, calm=False)
    person.context.add_init_script(OBSERVE)
    person.log_in(customer.account)
    page = person.page
    tiles = page.locator("[data-tile]")

    def all_are_listed() -> bool:
        page.mouse.wheel(0, 4_000)
        return tiles.count() >= MANY_PHOTOS

    eventually(all_are_listed, LISTED_SECONDS, what=f"{MANY_PHOTOS} photos to be listed")
    page.evaluate("() => { seen.interactions = {} }")
    page.keyboard.press("Home")
    person.button("Select").click()
    for at in range(20):
        tiles.nth(at).click()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp") * 3:
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").press_sequentially("Living", delay=60)
    page.get_by_role("searchbox").fill("")
    page.wait_for_timeout(1_000)
    spent = [float(each) for each in page.evaluate("() => Object.values(seen.interactions)")]
    person.close()
    # What took less than 16 ms is not told.
    return percentile(spent, 0.98) if spent else 16.0, spent


def heap(page: Page) -> float:
    """What the page keeps, in MB."""
    browser = tools(page)
    browser.send("HeapProfiler.collectGarbage")
    used: dict[str, Any] = browser.send("Runtime.getHeapUsage")
    browser.detach()
    return float(used["usedSize"]) / 1e6


def hour(browser: Browser, customer: Customer) -> list[float]:
    """The heap after five minutes and after each ten more; in each minute a photo is renamed, and
    the page learns of it. The page's clock runs faster than ours."""
    person = Person(browser, customer.account.port)
    person.context.clock.install()
    person.log_in(customer.account)
    project = customer.read("/v1/projects")["items"][0]["id"]
    taken = []
    for minute in range(1, MINUTES + 6):
        renamed = customer.http.patch(f"/v1/projects/{project}", json={"name": f"Room {minute}"})
        renamed.raise_for_status()
        person.page.clock.run_for(60_000)
        person.page.wait_for_timeout(50)
        if minute % 10 == 5:
            taken.append(heap(person.page))
    person.close()
    return taken


def shell() -> float:
    """The JavaScript that every page of a workspace needs, as `web/tests/budgets.test.ts` counts it;
    what single pages add is held there."""
    manifest: Mapping[str, Any] = json.loads((DIST / "manifest.json").read_text())

    def needed(key: str) -> set[str]:
        imports = manifest[key].get("imports", [])
        return {key}.union(*(needed(each) for each in imports))

    texts = {key for key in manifest if key.endswith("app/messages/en.ts")}
    files = (DIST / manifest[key]["file"] for key in needed("tenant.html") | texts)
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / 1000


def fill(platform: Platform, customer: Customer) -> None:
    """Photos to look at: one upload, and as many looks of it as are wanted."""
    platform.run("usage-svc", "set-plan", customer.account.slug, "enterprise")
    first = customer.stage(photo(1600, 1067))
    made = []
    for at in range(MANY_PHOTOS - 1):
        answer = customer.http.post(
            f"/v1/projects/{first['id']}/variations",
            json={"style": ("modern", "scandinavian", "industrial")[at % 3]},
            headers={"Idempotency-Key": f"look-{at}"},
        )
        answer.raise_for_status()
        made.append(answer.json()["id"])
    for project in made:
        customer.finished(project, patience_seconds=120)


def main() -> None:
    """Measure and report."""
    figures = {"shell JavaScript, kB gzip": shell()}
    with running(engine="fast") as platform, chromium() as browser, sign_up(platform) as customer:
        fill(platform, customer)
        taken, raw = paints(browser, customer)
        figures |= taken
        figures[f"INP with {MANY_PHOTOS} photos, ms"], raw["interactions"] = answers(
            browser, customer
        )
        heaps = hour(browser, customer)
    figures["heap after an hour / after five minutes"] = heaps[-1] / heaps[0]
    figures["heap after an hour, MB"] = heaps[-1]
    report("web", figures, {**raw, "heaps": heaps}, bars=BARS)


if __name__ == "__main__":
    main()
