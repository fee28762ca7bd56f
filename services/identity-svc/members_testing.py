"""What the tests of identity-svc share about members of a tenant."""

import httpx

from identity_testing import Member

URL = "/v1/members"


async def id_of(client: httpx.AsyncClient, headers: dict[str, str], person: Member) -> str:
    """The id of a person's membership."""
    items = (await client.get(f"{URL}?include=removed", headers=headers)).json()["items"]
    return next(str(each["id"]) for each in items if each["user_id"] == str(person.user_id))
