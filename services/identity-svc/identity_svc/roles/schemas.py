"""The roles by name, as members and customers see them."""

from typing import Literal

Role = Literal["owner", "admin", "member", "viewer"]
