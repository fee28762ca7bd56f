"""A part is away for a while: accepted work is done, and nothing is charged twice."""

from proof.customers import photo, refusal
from stagify_local.customer import Customer
from stagify_local.platform import Platform
from stagify_local.waiting import eventually


def test_a_project_is_accepted_while_usage_is_away(platform: Platform, customer: Customer) -> None:
    upload_id = customer.upload(photo())
    usage = platform.process("usage-svc", "api")
    usage.pause()
    try:
        created = customer.create(upload_id)
    finally:
        usage.resume()
    assert created.status_code == 202, created.text
    assert customer.finished(created.json()["id"])["status"] == "staged"
    customer.settled(used=1)


def test_reads_go_on_while_tenant_svc_is_away(platform: Platform, customer: Customer) -> None:
    platform.process("tenant-svc", "api").kill()
    answer = customer.http.get("/v1/tenant")
    assert customer.http.get("/v1/projects").status_code == 200
    assert refusal(answer) in ((502, "upstream_failed"), (503, "upstream_unavailable"))
    eventually(lambda: customer.http.get("/v1/tenant").status_code == 200)


def test_a_killed_worker_loses_nothing(platform: Platform, customer: Customer) -> None:
    projects = [customer.create(customer.upload(photo())).json()["id"] for _ in range(3)]
    for kind in ("jobs", "worker"):
        platform.process("staging-svc", kind).kill()
    assert {customer.finished(project)["status"] for project in projects} == {"staged"}
    customer.settled(used=3)
