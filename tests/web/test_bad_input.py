"""What people choose, press and open by mistake: each ends in a sentence, and nothing is there twice."""

import io
import re
import struct
from collections.abc import Callable

from PIL import Image
from playwright.sync_api import Route, expect

from proof.customers import photo
from proof.person import Person, Picture
from stagify_local.customer import Customer
from stagify_local.waiting import eventually

# Whether the photo is in the database that outlives the page.
KEPT = """async () => {
  const [first] = await indexedDB.databases();
  if (!first) return false;
  const database = await new Promise((resolve) => {
    const request = indexedDB.open(first.name);
    request.onsuccess = () => resolve(request.result);
  });
  const stores = database.transaction(["uploads", "files"]);
  const rows = stores.objectStore("uploads").getAll();
  const files = stores.objectStore("files").count();
  await new Promise((resolve) => { stores.oncomplete = resolve });
  database.close();
  return files.result > 0 && rows.result.some(({ upload }) => upload.stage.is === "chosen");
}"""


def large() -> bytes:
    """A photo with more bytes than are taken: what follows its end is not looked at."""
    content = photo()
    return content + bytes(30_000_000 - len(content))


def sixty_megapixels() -> bytes:
    """A photo that says that it has 60 megapixels; it is small, because it has one colour."""
    file = io.BytesIO()
    Image.new("L", (10_000, 6_000)).save(file, "PNG")
    return file.getvalue()


def heic() -> bytes:
    """The first bytes of a photo of an iPhone, and nothing that could be decoded."""
    brands = b"heic" + bytes(4) + b"mif1heic"
    return struct.pack(">I", 8 + len(brands)) + b"ftyp" + brands + bytes(2_000)


# What is seen before anything is sent, and its words.
UNFIT = {
    "huge.png": (sixty_megapixels(), r"60 megapixels, and"),
    "heavy.jpg": (large(), r"30(\.0)? MB, and"),
    "notes.txt": (b"Dear diary", r"not a photo"),
    "notes.jpg": (b"Dear diary", r"not a photo"),
    "empty.jpg": (b"", r"not a photo|empty"),
}

# Addresses that somebody may come with, and what they read there.
STRANGE = {
    "/photos/none": "There is no such page",
    "/photos/018f0000-0000-7000-8000-000000000000": "There is no such page",
    "/?q=<script>": "No such photos",
    # No name may have such a character; the server would refuse to look for it.
    "/?q=%E2%80%AE": "No such photos",
    # What nobody can have meant is as if it was not there.
    "/?q=%00": "Your first room takes a minute",
    "/?status=<script>": "Your first room takes a minute",
}


class TestFiles:
    def test_a_file_that_cannot_be_staged_is_explained_and_the_others_go_on(
        self, signed_in: Person, customer: Customer
    ) -> None:
        # A photo of an iPhone by its first bytes: only the server can tell that there is nothing more.
        sent = [Picture("IMG_0001.jpg", heic()), Picture("Good.jpg", photo())]
        signed_in.choose([*(Picture(name, content) for name, (content, _) in UNFIT.items()), *sent])
        rows = signed_in.page.get_by_role("dialog").get_by_role("listitem")
        for name, (_, words) in UNFIT.items():
            expect(rows.filter(has_text=name)).to_contain_text(re.compile(words))
        signed_in.button("Stage 2 photos").click()
        customer.settled(used=1)
        # The others have never left the browser.
        projects = customer.read("/v1/projects")["items"]
        assert {each["name"]: each["status"] for each in projects}.items() >= {("Good", "staged")}
        assert len(projects) <= len(sent)
        signed_in.sees(re.compile("could not be|damaged|cannot be"))

    def test_the_same_file_twice_is_one_photo(self, signed_in: Person, customer: Customer) -> None:
        twice = [Picture("Same.jpg", photo())] * 2
        signed_in.choose(twice)
        signed_in.sees("Same.jpg is chosen already, so it is taken once.")
        signed_in.button("Stage 1 photo").dblclick()
        customer.settled(used=1)
        assert len(customer.read("/v1/projects")["items"]) == 1

    def test_a_file_that_is_deleted_while_it_is_sent(
        self, signed_in: Person, customer: Customer
    ) -> None:
        file = signed_in.file(Picture("Gone.jpg", photo()))
        with signed_in.page.expect_file_chooser() as chooser:
            signed_in.button("Add photos").locator("visible=true").first.click()
        chooser.value.set_files(file)
        signed_in.sees("Stage 1 photo")
        file.unlink()
        signed_in.button("Stage 1 photo").click()
        signed_in.sees("The file cannot be read any more")
        assert customer.read("/v1/projects")["items"] == []
        assert customer.meter("staging")["reserved"] == 0

    def test_what_fails_before_the_panel_is_there_opens_it(self, signed_in: Person) -> None:
        page = signed_in.page
        late: list[Route] = []
        page.route("**/assets/Everywhere-*.js", lambda route: late.append(route))
        page.reload()
        file = signed_in.file(Picture("Gone.jpg", photo()))
        with page.expect_file_chooser() as chooser:
            signed_in.button("Add photos").locator("visible=true").first.click()
        chooser.value.set_files(file)
        signed_in.sees("Stage 1 photo")
        file.unlink()
        signed_in.button("Stage 1 photo").click()
        # It was on its way, and is not any more.
        signed_in.sees("Your first room takes a minute")
        late[0].continue_()
        signed_in.sees("The file cannot be read any more")

    def test_two_hundred_at_once(self, signed_in: Person) -> None:
        pictures = [Picture(f"{each}.jpg", photo(600, 400 + each)) for each in range(200)]
        signed_in.choose(pictures)
        ready = signed_in.button("Stage 200 photos")
        expect(ready).to_be_visible(timeout=300_000)
        signed_in.sees(re.compile(r"190 photos wait here"))
        # Nothing was sent yet, and the pictures shown are small copies.
        heap = signed_in.page.evaluate("() => performance.memory.usedJSHeapSize")
        assert heap < 250_000_000
        signed_in.page.keyboard.press("Escape")
        signed_in.button("Discard").click()

    def test_names_in_other_scripts_and_with_markup_stay_text(
        self, signed_in: Person, customer: Customer
    ) -> None:
        names = ["غرفة المعيشة", "<img src=x onerror=alert(1)>", "<0>Küche<1> & {name} %s"]
        pictures = [Picture(f"{name}.jpg", photo(1200, 800 + len(name))) for name in names]
        signed_in.stage(*pictures)
        customer.settled(used=3)
        projects = customer.read("/v1/projects")["items"]
        assert sorted(each["name"] for each in projects) == sorted(names)
        for project in projects:
            signed_in.open(f"/photos/{project['id']}", slug=customer.account.slug)
            expect(signed_in.page.get_by_role("heading", level=1)).to_have_text(project["name"])
            assert signed_in.page.locator("h1 img").count() == 0


class TestAddresses:
    def test_a_strange_address_ends_in_a_sentence(
        self, signed_in: Person, customer: Customer
    ) -> None:
        for path, sentence in STRANGE.items():
            signed_in.open(path, slug=customer.account.slug)
            signed_in.sees(sentence)

    def test_back_and_reload_at_every_step(self, signed_in: Person, customer: Customer) -> None:
        page = signed_in.page
        signed_in.choose([Picture("Kitchen.jpg", photo())])
        signed_in.sees("Stage 1 photo")
        eventually(lambda: page.evaluate(KEPT), what="the browser to keep the photo")
        page.reload()
        # The choice has outlived it.
        signed_in.sees("Stage 1 photo")
        page.go_back()
        signed_in.sees("1 photo is chosen")
        page.go_forward()
        signed_in.button("Stage 1 photo").click()
        page.go_back()
        page.go_forward()
        page.reload()
        customer.settled(used=1)
        assert len(customer.read("/v1/projects")["items"]) == 1


class TestPeople:
    def test_a_second_person_on_the_same_browser_sees_their_own(
        self, signed_in: Person, customer: Customer, new_customer: Callable[[], Customer]
    ) -> None:
        signed_in.choose([Picture("Mine.jpg", photo())])
        signed_in.sees("Stage 1 photo")
        signed_in.page.keyboard.press("Escape")
        other = new_customer()
        signed_in.open("/", slug=other.account.slug)
        signed_in.enter(other.account)
        signed_in.sees("Your first room takes a minute")
        expect(signed_in.page.get_by_text("1 photo is chosen")).to_have_count(0)
        assert customer.read("/v1/projects")["items"] == []
