"""Things break while somebody works: nothing is lost, and nothing is there twice."""

import re
import shutil
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Request, expect

from proof.accessibility import violations
from proof.customers import photo
from proof.person import Person, Picture
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually

NEW = "-new"
# How many photos the browser keeps in its own database.
FILES = """async () => {
  const [first] = await indexedDB.databases();
  if (!first) return 0;
  const database = await new Promise((resolve) => {
    const request = indexedDB.open(first.name);
    request.onsuccess = () => resolve(request.result);
  });
  const files = database.transaction("files").objectStore("files").count();
  await new Promise((resolve) => { files.onsuccess = resolve });
  database.close();
  return files.result;
}"""
FIVE = [Picture(f"Room {each}.jpg", photo(1200, 800 + each)) for each in range(5)]


@pytest.fixture
def faulty(signed_in: Person) -> Person:
    """Somebody whose browser meets faults that the test makes."""
    signed_in.watch.faults_expected = True
    return signed_in


def answer_of(customer: Customer, path: str, **headers: str) -> httpx.Response | None:
    """What somebody who is logged in is answered; None while nobody answers."""
    try:
        answer = customer.browser.get(path, headers=headers)
    except httpx.TransportError:
        return None
    return answer if answer.is_success else None


def furnished(customer: Customer, many: int) -> None:
    """Wait until so many rooms are furnished; there must be no other, and each counts once."""

    def look() -> bool:
        answer = answer_of(customer, "/v1/projects?limit=100")
        items = answer.json()["items"] if answer else []
        return [each["status"] for each in items].count("staged") == many

    eventually(look, what=f"{many} rooms to be furnished")
    assert len(customer.read("/v1/projects")["items"]) == many
    customer.settled(used=many)


def new_build(web: Path) -> None:
    """Put another build in the place of the one that is served: every script has another name."""
    shutil.rmtree(web / "dist.previous", ignore_errors=True)
    shutil.copytree(web / "dist", web / "dist.previous")
    scripts = [*(web / "dist/assets").glob("*.js")]
    names = {each.name: f"{each.stem}{NEW}{each.suffix}" for each in scripts}
    for packed in [*(web / "dist/assets").glob("*.js.*")]:
        packed.unlink()
    for script in scripts:
        script.rename(script.with_name(names[script.name]))
    for file in [*(web / "dist").glob("*.html"), *(web / "dist/assets").glob("*.js")]:
        text = file.read_text()
        for old, new in names.items():
            text = text.replace(old, new)
        file.write_text(text)


class TestUploads:
    @pytest.mark.parametrize(
        "process", [("staging-svc", "api"), ("gateway", "gateway")], ids=lambda each: each[0]
    )
    def test_a_service_is_killed_meanwhile(
        self, faulty: Person, customer: Customer, platform: Platform, process: tuple[str, str]
    ) -> None:
        with faulty.page.expect_request(re.compile(r"/v1/projects$")):
            faulty.stage(*FIVE)
        platform.process(*process).kill()
        furnished(customer, len(FIVE))

    def test_the_connection_is_away_for_half_a_minute(
        self, faulty: Person, customer: Customer
    ) -> None:
        page = faulty.page
        # The clock of the page is ours, so that nobody has to wait.
        page.clock.install()
        with page.expect_request(re.compile(r"/v1/uploads$")):
            faulty.stage(*FIVE)
        faulty.context.set_offline(True)
        faulty.sees("You are offline")
        page.clock.run_for(30_000)
        faulty.context.set_offline(False)
        page.clock.resume()
        expect(page.get_by_text("You are offline")).to_have_count(0)
        furnished(customer, len(FIVE))

    def test_the_page_is_loaded_anew_meanwhile(self, faulty: Person, customer: Customer) -> None:
        page = faulty.page
        page.on("dialog", lambda dialog: dialog.accept())
        with page.expect_request(re.compile(r"/v1/uploads$")):
            faulty.stage(*FIVE)
        page.reload()
        furnished(customer, len(FIVE))

    def test_the_page_is_loaded_anew_in_the_moment_of_the_click(
        self, faulty: Person, customer: Customer
    ) -> None:
        faulty.choose(FIVE)
        faulty.sees("Stage 5 photos")
        eventually(lambda: faulty.page.evaluate(FILES) == len(FIVE), what="the browser to keep all")
        with faulty.page.expect_event("load"):
            faulty.button("Stage 5 photos").evaluate(
                "(each) => { each.click(); location.reload() }"
            )
        furnished(customer, len(FIVE))

    def test_a_tab_goes_on_with_what_another_one_has_left(
        self, faulty: Person, customer: Customer
    ) -> None:
        first = faulty.page
        # It gets no further than this.
        first.route("**/v1/uploads", lambda route: route.abort())
        with first.expect_request(re.compile(r"/v1/uploads$")):
            faulty.stage(*FIVE)
        eventually(lambda: first.evaluate(FILES) == len(FIVE), what="the browser to keep all")
        faulty.new_tab()
        faulty.open("/", slug=customer.account.slug)
        faulty.is_in()
        faulty.sees("Your first room takes a minute")
        assert customer.read("/v1/projects")["items"] == []
        first.close()
        furnished(customer, len(FIVE))

    def test_the_session_ends_meanwhile(self, faulty: Person, customer: Customer) -> None:
        page = faulty.page
        faulty.hears_nothing()
        page.reload()
        faulty.choose(FIVE)
        faulty.sees("Stage 5 photos")
        assert customer.browser.delete("/v1/me/sessions").status_code == 204
        faulty.button("Stage 5 photos").click()
        faulty.come_back(customer.account)
        furnished(customer, len(FIVE))
        expect(page.get_by_role("alertdialog")).to_have_count(0)


class TestTabs:
    def test_seven_tabs_have_one_stream_and_do_not_starve(
        self, person: Person, customer: Customer
    ) -> None:
        # Followed before anybody logs in: the first tab may begin its stream before its page can be seen.
        streams: set[Request] = set()
        most = 0

        def asked(request: Request) -> None:
            nonlocal most
            if request.url.endswith("/v1/projects/events"):
                streams.add(request)
                most = max(most, len(streams))

        def has_one() -> bool:
            # Nothing is heard of the browser but while it is asked for something.
            person.page.title()
            return len(streams) == 1

        person.context.on("request", asked)
        person.context.on("requestfinished", lambda request: streams.discard(request))
        person.context.on("requestfailed", lambda request: streams.discard(request))
        person.log_in(customer.account)
        tabs = [person.page]
        for _ in range(6):
            tabs.append(person.new_tab())
            person.open("/", slug=customer.account.slug)
            person.is_in()
        customer.stage(photo())
        for tab in tabs:
            expect(tab.get_by_role("region", name="Photos").get_by_role("link")).to_have_count(1)
        # None of them waits for a connection that the streams of others hold, which they do for minutes.
        asking = (
            "async () => (await fetch('/v1/usage', { signal: AbortSignal.timeout(60_000) })).status"
        )
        assert person.page.evaluate(asking) == 200
        eventually(has_one, what="one stream for all of them")
        # Never more, but for the moment in which one tab takes over from another.
        assert most <= 2

    def test_a_new_build_leaves_open_tabs_alone(
        self, signed_in: Person, customer: Customer, platform: Platform, web: Path
    ) -> None:
        new_build(web)
        signed_in.watch.faults_expected = True
        platform.process("gateway").kill()

        def is_served() -> bool:
            page = answer_of(customer, "/", Accept="text/html")
            return page is not None and f"{NEW}.js" in page.text

        eventually(is_served, what="the new build to be served")
        # What the browser has reported meanwhile comes before its answer.
        signed_in.page.title()
        signed_in.watch.faults_expected = False
        # It says so, …
        news = signed_in.page.get_by_text("A new version is ready.")
        expect(news).to_be_visible()
        assert violations(signed_in.page) == []
        # … and serves what this tab has not loaded yet as before, …
        signed_in.page.get_by_role("link", name="Office").click()
        signed_in.sees("Overview")
        # … but says nothing while something would be lost by it, …
        signed_in.page.get_by_role("link", name="API keys").click()
        signed_in.button("New key").click()
        signed_in.page.get_by_label("Name").fill("Half done")
        expect(news).to_have_count(0)
        signed_in.button("Cancel").click()
        expect(news).to_be_visible()
        # … and a new tab gets the new build.
        signed_in.new_tab()
        signed_in.open("/", slug=customer.account.slug)
        signed_in.is_in()
        loaded = signed_in.page.evaluate(
            "() => performance.getEntriesByType('resource').map(({ name }) => name)"
        )
        scripts = [url for url in loaded if url.endswith(".js")]
        assert scripts
        assert all(url.endswith(f"{NEW}.js") for url in scripts)
