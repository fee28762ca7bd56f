"""The mark of personal data, on the fields of events and tables.

`name: Annotated[str, Personal]` says that the field may hold what tells who a person is, or what
they wrote in their own words: names, addresses, file names, addresses of machines, and hashes of
such. What stands with a person's row but is of no use without it is not marked: ids, which stay
when a person is erased and then lead to nobody, and secrets, which are never handed out.

The map of personal data, exports and erasure follow the marks. Topics that others read have none
(`stagify.topology`); a test holds that, and that every column of text is marked or known not to be.
"""

from pydantic import BaseModel


class _Personal:
    """Marks a field of an event or a column of a table."""

    def __repr__(self) -> str:
        return "Personal"


Personal = _Personal()

# Columns of the kit's own tables, which no model describes: events on their way, and answers kept
# for two days.
KIT_COLUMNS = frozenset({"outbox.payload", "idempotency_keys.body"})


def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """The names of the marked fields of an event or of a table's model."""
    return frozenset(
        name for name, field in model.model_fields.items() if Personal in field.metadata
    )
