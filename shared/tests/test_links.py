"""OpenAPI links of answers."""

import httpx


async def test_says_which_calls_an_answer_leads_to(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert paths["/widgets"]["get"]["responses"]["200"]["links"] == {
        "create.items.0.name": {
            "operationId": "create",
            "requestBody": {"name": "$response.body#/items/0/name"},
        },
        "list_widgets.next_cursor": {
            "operationId": "list_widgets",
            "parameters": {"cursor": "$response.body#/next_cursor"},
        },
    }
