"""The mark for fields of events and tables that hold personal data.

`name: Annotated[str, Personal]` says that the field may identify a person or hold what a person
wrote in their own words: names, addresses, file names, addresses of machines, and hashes of such
values. Two kinds of data are not marked although they belong to a person: ids, which stay when a
person is erased and then lead to nobody, and secrets, which are never handed out.

The map of personal data, exports and erasure follow the marks. Topics that others read have no
marked fields (`stagify.topology`). Tests check this, and that every text column is either marked or
listed as not personal.
"""

from pydantic import BaseModel


class _Personal:
    """Marks a field of an event or a column of a table."""

    def __repr__(self) -> str:
        return "Personal"


Personal = _Personal()

# Personal columns of the kit's own tables, which have no models: events that are not sent yet, and
# answers that are kept for two days.
KIT_COLUMNS = frozenset({"outbox.payload", "idempotency_keys.body"})


def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """The names of the marked fields of an event or of a table's model."""
    return frozenset(
        name for name, field in model.model_fields.items() if Personal in field.metadata
    )
