"""What happens with wrong settings."""

import pytest
from pydantic import ValidationError

from staging_svc.settings import NoBucketError
from staging_testing import MakeSettings


def test_fast_engine_is_refused_in_production(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError, match="refused in production"):
        make_settings(environment="production")


def test_real_engine_needs_its_python(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError, match="ENGINE_PYTHON"):
        make_settings(engine="blender")


def test_links_live_five_minutes_at_most(make_settings: MakeSettings) -> None:
    with pytest.raises(ValidationError):
        make_settings(image_link_ttl_seconds=301)


def test_region_without_a_bucket_has_none(make_settings: MakeSettings) -> None:
    settings = make_settings(s3_buckets='{"eu": "one", "us": "two"}')
    assert settings.bucket_of("us") == "two"
    for region in ("mars", None):
        with pytest.raises(NoBucketError):
            settings.bucket_of(region)
