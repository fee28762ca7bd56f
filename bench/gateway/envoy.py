"""Envoy doing the gateway's job as far as it can: the configuration for `envoy -c`.

Ten thousand virtual hosts name the tenant, jwt_authn checks the credential (its verdicts cached),
the prefix picks the service, identity headers are replaced. It does not meter, limit rates, or
take back credentials.
"""

import base64
from typing import Any

from tenants import JWT_KEY, TENANTS, BenchTenant

_TYPE = "type.googleapis.com/envoy.extensions."


def configuration(port: int, upstream_port: int) -> dict[str, Any]:
    """The static configuration."""
    hosts = [_virtual_host(BenchTenant(number)) for number in range(TENANTS)]
    manager = {
        "@type": f"{_TYPE}filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
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


def _virtual_host(tenant: BenchTenant) -> dict[str, Any]:
    route = {"cluster": "service", "timeout": "30s"}
    prefixes = ("/v1/projects", "/v1/usage", "/v1/tenant", "/v1/session")
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
