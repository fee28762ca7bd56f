"""Envoy doing the gateway's job as far as it can: the configuration for `envoy -c`.

Ten thousand virtual hosts name the tenant, jwt_authn checks the credential (its verdicts cached),
the prefix picks the service, identity headers are replaced, and each request has a line of JSON
with the same fields as ours in a log file. It does not meter, limit rates, or take back credentials.
"""

import base64
from pathlib import Path
from typing import Any

from tenants import JWT_KEY, TENANTS, BenchTenant

_TYPE = "type.googleapis.com/envoy.extensions."
_LOG_FIELDS = {
    "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
    "method": "%REQ(:METHOD)%",
    "path": "%REQ_WITHOUT_QUERY(:PATH)%",
    "status": "%RESPONSE_CODE%",
    "code": "%RESPONSE_CODE_DETAILS%",
    "bytes": "%BYTES_SENT%",
    "duration_ms": "%DURATION%",
    "tenant_id": "%REQ(X-STAGIFY-TENANT)%",
    "principal": "%REQ(X-STAGIFY-CLAIM-TENANT)%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "trace_id": "%REQ(TRACEPARENT)%",
    "upstream": "%UPSTREAM_CLUSTER%",
    "upstream_ms": "%RESPONSE_DURATION%",
}


def configuration(port: int, upstream_port: int, access_log: Path) -> dict[str, Any]:
    """The static configuration."""
    hosts = [_virtual_host(BenchTenant(number)) for number in range(TENANTS)]
    manager = {
        "@type": f"{_TYPE}filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "access_log": [{"name": "envoy.access_loggers.file", "typed_config": _log(access_log)}],
        "route_config": {"name": "routes", "virtual_hosts": hosts},
        "http_filters": [
            {"name": "envoy.filters.http.jwt_authn", "typed_config": _authentication()},
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}filters.http.router.v3.Router"},
            },
        ],
    }
    chain = {
        "filters": [
            {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
        ]
    }
    listener = {"name": "edge", "address": _address(port), "filter_chains": [chain]}
    return {"static_resources": {"listeners": [listener], "clusters": [_cluster(upstream_port)]}}


def _log(path: Path) -> dict[str, Any]:
    without_query = {"@type": f"{_TYPE}formatter.req_without_query.v3.ReqWithoutQuery"}
    return {
        "@type": f"{_TYPE}access_loggers.file.v3.FileAccessLog",
        "path": str(path),
        "log_format": {
            "json_format": _LOG_FIELDS,
            "formatters": [
                {"name": "envoy.formatter.req_without_query", "typed_config": without_query}
            ],
        },
    }


def _virtual_host(tenant: BenchTenant) -> dict[str, Any]:
    route = {"cluster": "service", "timeout": "30s"}
    prefixes = ("/v1/projects", "/v1/usage", "/v1/images", "/v1/uploads")
    header = {"key": "x-stagify-tenant", "value": str(tenant.tenant_id)}
    return {
        "name": tenant.host,
        "domains": [tenant.host],
        "routes": [{"match": {"prefix": prefix}, "route": route} for prefix in prefixes],
        "request_headers_to_add": [
            {"header": header, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        ],
    }


def _authentication() -> dict[str, Any]:
    key = base64.urlsafe_b64encode(JWT_KEY.encode()).rstrip(b"=").decode()
    keys = f'{{"keys": [{{"kty": "oct", "alg": "HS256", "k": "{key}"}}]}}'
    provider = {
        "issuer": "stagify",
        "local_jwks": {"inline_string": keys},
        "forward": False,
        "claim_to_headers": [{"header_name": "x-stagify-claim-tenant", "claim_name": "tid"}],
        "jwt_cache_config": {"jwt_cache_size": TENANTS},
    }
    return {
        "@type": f"{_TYPE}filters.http.jwt_authn.v3.JwtAuthentication",
        "providers": {"stagify": provider},
        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "stagify"}}],
    }


def _cluster(port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": "service",
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {
            "cluster_name": "service",
            "endpoints": [{"lb_endpoints": [endpoint]}],
        },
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
