"""The object store of a test session."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

BUCKET = "stagify-test"


@dataclass(frozen=True, slots=True)
class ObjectStoreServer:
    """An S3 API with one empty bucket."""

    endpoint: str
    region: str
    access_key_id: str
    secret_access_key: str
    bucket: str = BUCKET

    def client(self) -> Any:
        """A boto3 client with all rights."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )
