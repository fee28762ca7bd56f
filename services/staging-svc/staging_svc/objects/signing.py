"""Signs HEAD requests, and links to download: AWS Signature Version 4.

The rules are those of "Create a signed AWS API request" in the IAM User Guide, and for links those of
"Authenticating Requests: Using Query Parameters" in the S3 API reference; tests compare every signature with
botocore's. botocore itself would be a tenth of what the api process does to create a project
(docs/decisions/0011-libraries-tried.md), and it signs links for the present moment only.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

SIGNED_HEADERS = "host;x-amz-content-sha256;x-amz-date"
NO_CONTENT = hashlib.sha256().hexdigest()


class SigningKey:
    """One key pair for one region."""

    def __init__(self, region: str, access_key_id: str, secret_access_key: str) -> None:
        self._region = region
        self._access_key_id = access_key_id
        self._secret = secret_access_key
        self._day, self._key = "", b""

    def credential(self, instant: str) -> str:
        """The key pair, and what its signatures of this instant are for."""
        return f"{self._access_key_id}/{self._scope(instant)}"

    def sign(self, canonical: str, instant: str) -> str:
        """The signature of a canonical request at `instant` (UTC, as in `X-Amz-Date`)."""
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{instant}\n{self._scope(instant)}\n{digest}"
        return hmac.digest(self._key_of(instant[:8]), to_sign.encode(), "sha256").hex()

    def _scope(self, instant: str) -> str:
        return f"{instant[:8]}/{self._region}/s3/aws4_request"

    def _key_of(self, day: str) -> bytes:
        """The derived key, which is valid for one day."""
        if day != self._day:
            key = f"AWS4{self._secret}".encode()
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key


class HeadSigner:
    """Signs requests without query and body for one host."""

    def __init__(self, host: str, key: SigningKey) -> None:
        self._host = host
        self._key = key

    def headers(self, path: str, now: datetime) -> dict[str, str]:
        """The headers that a HEAD of `path` (percent-encoded) must carry, signed at `now` (UTC)."""
        instant = _instant(now)
        headers = f"host:{self._host}\nx-amz-content-sha256:{NO_CONTENT}\nx-amz-date:{instant}\n"
        canonical = f"HEAD\n{path}\n\n{headers}\n{SIGNED_HEADERS}\n{NO_CONTENT}"
        return {
            "host": self._host,
            "x-amz-content-sha256": NO_CONTENT,
            "x-amz-date": instant,
            "authorization": f"AWS4-HMAC-SHA256 Credential={self._key.credential(instant)},"
            f" SignedHeaders={SIGNED_HEADERS}, Signature={self._key.sign(canonical, instant)}",
        }


class LinkSigner:
    """Signs links to GET from one host."""

    def __init__(self, host: str, key: SigningKey) -> None:
        self._host = host
        self._key = key

    def query(
        self, path: str, overrides: Mapping[str, str], *, signed_at: datetime, valid_seconds: int
    ) -> str:
        """The query with which `path` (percent-encoded) can be read from `signed_at` (UTC) on, with these
        `response-…` members. What is signed at the same time is the same."""
        instant = _instant(signed_at)
        members = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": self._key.credential(instant),
            "X-Amz-Date": instant,
            "X-Amz-Expires": str(valid_seconds),
            "X-Amz-SignedHeaders": "host",
            **overrides,
        }
        query = "&".join(f"{name}={quote(members[name], safe='')}" for name in sorted(members))
        canonical = f"GET\n{path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        return f"{query}&X-Amz-Signature={self._key.sign(canonical, instant)}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M%SZ")
