"""HAProxy doing the gateway's job as far as it can: the configuration for `haproxy -f`.

A map names the tenant of each of ten thousand hosts, jwt_verify checks the credential, a stick
table holds the rate of each tenant, the prefix picks the service, identity headers are replaced,
and each request has a line of JSON with the same fields as ours in a log file, which HAProxy has
its standard output for. It does not meter, or take back credentials.
"""

from pathlib import Path

from tenants import JWT_KEY, TENANTS, BenchTenant

_LOG_FIELDS = {
    "time": "%Ts.%ms",
    "method": "%HM",
    "path": "%HP",
    "status": "%ST",
    "code": "%tsc",
    "bytes": "%B",
    "duration_ms": "%Ta",
    "tenant_id": "%[var(txn.tenant)]",
    "principal": "%[var(txn.claim)]",
    "request_id": "%ID",
    "trace_id": "%[var(txn.trace)]",
    "upstream": "%b",
    "upstream_ms": "%Tr",
}

_CONFIGURATION = """
global
    nbthread 1
    maxconn 4000
    log stdout format raw local0
defaults
    mode http
    log global
    option http-keep-alive
    timeout connect 1s
    timeout client 75s
    timeout server 30s
    timeout http-request 10s
    http-reuse always
frontend edge
    bind 127.0.0.1:{port}
    unique-id-format %[uuid]
    unique-id-header x-request-id
    stick-table type string len 36 size 20k expire 10s store http_req_rate(1s)
    http-request set-var(txn.trace) req.hdr(traceparent)
    http-request set-var(txn.tenant) req.hdr(host),map_str({hosts})
    http-request deny deny_status 404 unless {{ var(txn.tenant) -m found }}
    http-request set-var(txn.token) http_auth_bearer
    http-request deny deny_status 401 unless {{ var(txn.token),jwt_verify("HS256","{key}") 1 }}
    http-request set-var(txn.claim) var(txn.token),jwt_payload_query('$.tid')
    http-request set-var(txn.expires) var(txn.token),jwt_payload_query('$.exp','int')
    http-request deny deny_status 401 unless {{ date,neg,add(txn.expires) -m int gt 0 }}
    http-request deny deny_status 403 unless {{ var(txn.claim),strcmp(txn.tenant) eq 0 }}
    http-request track-sc0 var(txn.tenant)
    http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 1000000 }}
    http-request del-header authorization
    http-request set-header x-stagify-tenant %[var(txn.tenant)]
    http-request set-header x-stagify-claim-tenant %[var(txn.claim)]
    acl served path_beg /v1/projects /v1/usage /v1/images /v1/uploads
    http-request deny deny_status 404 unless served
    log-format '{log}'
    default_backend service
backend service
    server service 127.0.0.1:{service_port} pool-purge-delay 75s
"""


def configuration(folder: Path, port: int, service_port: int) -> str:
    """The configuration; writes the map of hosts into `folder`."""
    hosts = folder / "hosts.map"
    tenants = [BenchTenant(number) for number in range(TENANTS)]
    hosts.write_text("".join(f"{tenant.host} {tenant.tenant_id}\n" for tenant in tenants))
    log = "{" + ",".join(f'"{name}":"{value}"' for name, value in _LOG_FIELDS.items()) + "}"
    return _CONFIGURATION.format(
        port=port, service_port=service_port, hosts=hosts, key=JWT_KEY, log=log
    )
