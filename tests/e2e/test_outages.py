"""A part is away for a while: what was accepted is done, and nothing is charged twice."""

from proof.customers import Tenant, code, eventually, photo
from stagify_local.platform import Platform


def test_a_project_is_accepted_while_usage_is_away(platform: Platform, tenant: Tenant) -> None:
    upload_id = tenant.upload(photo())
    usage = platform.process("usage-svc", "api")
    usage.pause()
    try:
        created = tenant.create(upload_id)
    finally:
        usage.resume()
    assert created.status_code == 202, created.text
    assert tenant.finished(created.json()["id"])["status"] == "staged"
    tenant.settled(used=1)


def test_reads_go_on_while_tenant_svc_is_away(platform: Platform, tenant: Tenant) -> None:
    platform.process("tenant-svc", "api").kill()
    answer = tenant.http.get("/v1/tenant")
    assert tenant.http.get("/v1/projects").status_code == 200
    assert code(answer) in ((502, "upstream_failed"), (503, "upstream_unavailable"))
    eventually(lambda: tenant.http.get("/v1/tenant").status_code == 200 or None)


def test_a_killed_worker_loses_nothing(platform: Platform, tenant: Tenant) -> None:
    projects = [tenant.create(tenant.upload(photo())).json()["id"] for _ in range(3)]
    for kind in ("jobs", "worker"):
        platform.process("staging-svc", kind).kill()
    assert {tenant.finished(project)["status"] for project in projects} == {"staged"}
    tenant.settled(used=3)
