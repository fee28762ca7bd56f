"""`make demo`: a new customer takes the photos of `examples/rooms` through the running platform."""

import secrets
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from stagify_local.errors import DemoError
from stagify_local.installation import Installation
from stagify_local.journey import (
    Login,
    Project,
    Site,
    await_active,
    download,
    follow,
    log_in,
    sign_up,
    upload,
    usage_of,
    wait_for,
)
from stagify_local.platform import Platform

DEMO_SLUG = "demo"
DEMO_EMAIL = "demo@example.com"
ShowProject = Callable[[Project], None]
# What each example photo is good for, by a word of its name.
CHOICES = {
    "living": ("living_room", "scandinavian"),
    "bedroom": ("bedroom", "modern"),
    "loft": ("dining_room", "industrial"),
}


def ensure_demo_tenant(platform: Platform) -> Login:
    """The log-in of the demo tenant, which is signed up at the first start."""
    state = platform.state
    password = state.secret("demo password")
    url = f"http://{DEMO_SLUG}.localhost:{platform.gateway_port}"
    if state.mark("demo tenant") is None:
        sign_up(
            platform.gateway_port,
            platform.mail_dir,
            slug=DEMO_SLUG,
            name="Demo Realty",
            email=DEMO_EMAIL,
            password=password,
        )
        state.set_mark("demo tenant", "signed up")
    return Login(url, DEMO_EMAIL, password)


def run_demo(installation: Installation, photos: list[Path], console: Console) -> None:
    """The whole journey with a fresh tenant; before and after are written below `.stagify/demo`."""
    if not photos:
        raise DemoError("there are no photos in examples/rooms")
    port = installation.require_running().gateway_port
    folder = installation.folder
    slug = f"demo-{secrets.token_hex(3)}"
    email = f"{slug}@example.com"
    console.print(f"signing up [bold]{slug}[/] as {email}")
    login = sign_up(
        port,
        folder / "mail",
        slug=slug,
        name="Demo Realty",
        email=email,
        password=secrets.token_urlsafe(16),
    )
    with Site(port, slug) as site:
        console.print(f"the code came by mail; logging in at {login.url}")
        log_in(site, login)
        site.use_key(site.read("POST", "/v1/api-keys", {"name": "demo"})["key"])
        await_active(site)
        results = folder / "demo" / slug
        stage_all(site, photos, results, console)
        report_usage(site, len(photos), console)
    console.print(f"before and after: [bold]{results}[/]")


def stage_all(site: Site, photos: list[Path], results: Path, console: Console) -> None:
    """One photo after the other, with a bar each."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[status]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        for photo in photos:
            room_type, style = choose(photo)
            description = f"{photo.stem}: {style} {room_type.replace('_', ' ')}"
            show = bar_of(progress, progress.add_task(description, total=100, status="uploading"))
            stage(site, photo, room_type, style, results, show)


def bar_of(progress: Progress, task: TaskID) -> ShowProject:
    """Moves one photo's bar."""

    def show(project: Project) -> None:
        progress.update(task, completed=percent(project), status=project["status"])

    return show


def stage(
    site: Site, photo: Path, room_type: str, style: str, results: Path, show: ShowProject
) -> None:
    """Upload, create the project, follow it, fetch the pictures."""
    choice = {"upload_id": upload(site, photo), "room_type": room_type, "style": style}
    project = site.read("POST", "/v1/projects", {"name": photo.stem, **choice})
    show(project)
    staged = follow(site, project["id"], show)
    download(site, staged["original"], results / f"{photo.stem}-before.jpg")
    download(site, staged["staged"], results / f"{photo.stem}-after.jpg")


def report_usage(site: Site, staged: int, console: Console) -> None:
    """Wait until usage-svc has counted all of them, and say so."""

    def counted() -> bool:
        return bool(usage_of(site, "staging")["used"] >= staged)

    wait_for(counted, "usage to be counted")
    meter = usage_of(site, "staging")
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
