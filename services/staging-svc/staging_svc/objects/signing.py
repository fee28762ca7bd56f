"""Signs HEAD requests: AWS Signature Version 4, for a request without query and body.

The rules are those of "Create a signed AWS API request" in the IAM User Guide; a test compares every
signature with botocore's. botocore itself would be a tenth of what the api process does to create a
project (docs/decisions/0011-libraries-tried.md).
"""

import hashlib
import hmac
from datetime import datetime

SIGNED_HEADERS = "host;x-amz-content-sha256;x-amz-date"
NO_CONTENT = hashlib.sha256().hexdigest()


class HeadSigner:
    """Signs with one key pair for one host and region."""

    def __init__(
        self, host: str, *, region: str, access_key_id: str, secret_access_key: str
    ) -> None:
        self._host = host
        self._region = region
        self._access_key_id = access_key_id
        self._secret = secret_access_key
        self._day, self._key = "", b""

    def headers(self, path: str, now: datetime) -> dict[str, str]:
        """The headers that a HEAD of `path` (percent-encoded) must carry, signed at `now` (UTC)."""
        instant = now.strftime("%Y%m%dT%H%M%SZ")
        day = instant[:8]
        scope = f"{day}/{self._region}/s3/aws4_request"
        headers = f"host:{self._host}\nx-amz-content-sha256:{NO_CONTENT}\nx-amz-date:{instant}\n"
        canonical = f"HEAD\n{path}\n\n{headers}\n{SIGNED_HEADERS}\n{NO_CONTENT}"
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{instant}\n{scope}\n{digest}"
        signature = hmac.digest(self._key_of(day), to_sign.encode(), "sha256").hex()
        return {
            "host": self._host,
            "x-amz-content-sha256": NO_CONTENT,
            "x-amz-date": instant,
            "authorization": f"AWS4-HMAC-SHA256 Credential={self._access_key_id}/{scope},"
            f" SignedHeaders={SIGNED_HEADERS}, Signature={signature}",
        }

    def _key_of(self, day: str) -> bytes:
        """The signing key, which is valid for one day."""
        if day != self._day:
            key = f"AWS4{self._secret}".encode()
            for part in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key
