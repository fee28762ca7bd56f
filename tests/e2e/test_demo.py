"""What `make up` and `make demo` do as customers."""

from io import BytesIO, StringIO
from pathlib import Path

from PIL import Image
from rich.console import Console

from stagify_local.customer import Customer
from stagify_local.demo import ensure_demo_tenant, furnish_demo, run_demo
from stagify_local.platform import Platform

ROOM = Path(__file__).parents[2] / "examples/rooms/room_a_living.jpg"


def test_the_demo_leaves_a_photo_before_and_after(platform: Platform) -> None:
    said = StringIO()
    run_demo(platform.installation, [ROOM], Console(file=said))
    made = sorted(platform.installation.folder.glob("demo/*/*.jpg"))
    assert [path.name for path in made] == [f"{ROOM.stem}-after.jpg", f"{ROOM.stem}-before.jpg"]
    assert {Image.open(BytesIO(path.read_bytes())).size for path in made} == {(1600, 1067)}
    assert "1 of 10 used" in said.getvalue()


def test_the_demo_tenant_is_signed_up_once_and_can_log_in(platform: Platform) -> None:
    accounts = [ensure_demo_tenant(platform) for _ in range(2)]
    assert accounts[0] == accounts[1]
    with Customer(accounts[0]) as customer:
        customer.log_in()
        assert customer.browser.get("/v1/session").json()["tenant"]["slug"] == "demo"


def test_the_demo_tenant_gets_each_photo_once(platform: Platform) -> None:
    account = ensure_demo_tenant(platform)
    for _ in range(2):
        furnish_demo(platform, account, [ROOM])
    with Customer(account) as customer:
        customer.log_in()
        customer.use_session()
        [project] = customer.read("/v1/projects")["items"]
        assert project["name"] == "Living"
        assert customer.browser.get("/v1/api-keys").json()["items"] == []
