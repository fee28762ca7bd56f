"""The demo tenant of `make up`, with photos to look at; and `make demo`: a new customer takes the photos of
`examples/rooms` through the running platform."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from stagify_local.customer import ENDED, Account, Customer, at_link, good
from stagify_local.errors import CustomerError
from stagify_local.installation import Installation
from stagify_local.platform import Platform
from stagify_local.private import private_folder
from stagify_local.waiting import PATIENCE_SECONDS

DEMO_SLUG = "demo"
DEMO_EMAIL = "demo@example.com"
DEMO_NAME = "Demo Realty"
# The stream has a heart-beat every 15 s; a photo that waits behind others takes longer than that.
STREAM_SILENCE_SECONDS = 60.0
# The room type and style for each example photo, by a word in its name.
CHOICES = {
    "living": ("living_room", "scandinavian"),
    "bedroom": ("bedroom", "modern"),
    "loft": ("dining_room", "industrial"),
}

Project = dict[str, Any]
ShowProject = Callable[[Project], None]


def ensure_demo_tenant(platform: Platform) -> Account:
    """The demo tenant, which is created at the first start."""
    state = platform.state
    password = state.secret("demo password")
    account = Account(platform.gateway_port, DEMO_SLUG, DEMO_EMAIL, password)
    if state.mark("demo tenant") is None:
        with Customer(account) as customer:
            customer.sign_up(DEMO_NAME, platform.mail_dir)
        state.set_mark("demo tenant", "signed up")
    return account


def furnish_demo(platform: Platform, account: Account, photos: list[Path]) -> None:
    """Have the photos staged in the demo tenant, each once, so that whoever opens it sees them develop.
    It does not wait for them."""
    waiting = [photo for photo in photos if platform.state.mark(_mark_of(photo)) is None]
    if not waiting:
        return
    with Customer(account) as customer:
        customer.log_in()
        # As the person who looks at them, without a key that nobody asked for.
        customer.use_session()
        customer.await_active()
        for photo in waiting:
            submit(customer, photo, *choose(photo))
            platform.state.set_mark(_mark_of(photo), "submitted")
        good(customer.browser.delete("/v1/session"))


def _mark_of(photo: Path) -> str:
    return f"demo photo {photo.stem}"


def run_demo(installation: Installation, photos: list[Path], console: Console) -> None:
    """The whole journey with a new tenant; before and after are written to `.stagify/demo`."""
    if not photos:
        raise CustomerError("there are no photos in examples/rooms")
    port = installation.require_running().gateway_port
    folder = installation.folder
    slug = f"demo-{secrets.token_hex(3)}"
    account = Account(port, slug, f"{slug}@example.com", secrets.token_urlsafe(16))
    console.print(f"signing up [bold]{slug}[/] as {account.email}")
    with Customer(account) as customer:
        customer.sign_up(DEMO_NAME, folder / "mail")
        console.print(f"the code came by mail; logging in at {account.url}")
        customer.log_in()
        customer.use_new_key("demo")
        customer.await_active()
        results = folder / "demo" / slug
        private_folder(results)
        stage_all(customer, photos, results, console)
        report_usage(customer, len(photos), console)
    console.print(f"before and after: [bold]{results}[/]")


def stage_all(customer: Customer, photos: list[Path], results: Path, console: Console) -> None:
    """One photo after the other, each with a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        for photo in photos:
            room_type, style = choose(photo)
            description = f"{photo.stem}: {style} {room_type.replace('_', ' ')}"
            show = bar_of(progress, progress.add_task(description, total=100, status="uploading"))
            stage(customer, photo, room_type, style, results, show)


def bar_of(progress: Progress, task: TaskID) -> ShowProject:
    """Moves the progress bar of one photo."""

    def show(project: Project) -> None:
        progress.update(task, completed=percent(project), status=project["status"])

    return show


def stage(
    customer: Customer, photo: Path, room_type: str, style: str, results: Path, show: ShowProject
) -> None:
    """Upload, create the project, follow it, fetch the pictures."""
    project = submit(customer, photo, room_type, style)
    show(project)
    staged = follow(customer, project["id"], show)
    download(customer, staged["original"], results / f"{photo.stem}-before.jpg")
    download(customer, staged["staged"], results / f"{photo.stem}-after.jpg")


def submit(customer: Customer, photo: Path, room_type: str, style: str) -> Project:
    """Upload a photo and have it staged; returns the project as it waits."""
    upload_id = customer.upload(photo.read_bytes(), filename=photo.name)
    answer = customer.create(upload_id, name=name_of(photo), room_type=room_type, style=style)
    return dict(good(answer).json())


def name_of(photo: Path) -> str:
    """A name that people read: `room_a_living` is "Living"."""
    return photo.stem.rpartition("_")[2].title()


def follow(customer: Customer, project_id: str, on_change: ShowProject) -> Project:
    """Report every change of a project until it is staged; CustomerError if it fails. A stream may end
    before its project does, as when its service is replaced: the next one goes on where it ended."""
    silence = httpx.Timeout(PATIENCE_SECONDS, read=STREAM_SILENCE_SECONDS)
    path = f"/v1/projects/{project_id}/events"
    seen: dict[str, str] = {}
    while True:
        with customer.http.stream("GET", path, headers=seen, timeout=silence) as answer:
            if answer.is_error:
                answer.read()
            for line in good(answer).iter_lines():
                name, _, value = line.partition(": ")
                if name == "id":
                    seen = {"Last-Event-ID": value}
                if name != "data":
                    continue
                project: Project = json.loads(value)
                if not project:
                    raise CustomerError(f"project {project_id} was deleted")
                on_change(project)
                if project["status"] == "staged":
                    return project
                if project["status"] in ENDED:
                    told = f"{project['status']} {project['failure']}"
                    raise CustomerError(f"project {project_id}: {told}")


def download(customer: Customer, image: Project, path: Path) -> None:
    """Follow an image's stable path to its signed link and store it."""
    link = good(customer.http.get(image["url"])).headers["location"]
    answer = good(customer.http.send(at_link(link)))
    path.write_bytes(answer.content)


def report_usage(customer: Customer, staged: int, console: Console) -> None:
    """Wait until usage-svc has counted all of them, and print the meter."""
    meter = customer.settled(used=staged)
    limit = "unlimited" if meter["limit"] is None else meter["limit"]
    console.print(f"[bold]{meter['used']} of {limit} used[/]")


def choose(photo: Path) -> tuple[str, str]:
    """Room type and style for a photo."""
    for word, choice in CHOICES.items():
        if word in photo.stem:
            return choice
    return CHOICES["living"]


def percent(project: Project) -> float:
    """Progress from 0 to 100, 0 while it waits."""
    if project["status"] == "staged":
        return 100
    return 100 * float(project["progress"] or 0)
