"""The metadata all tables hang on, and the column kinds that repeat."""

from sqlalchemy import BigInteger, Column, ForeignKey, Identity, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def surrogate_key() -> Column[int]:
    """An opaque number that the database gives out."""
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


def reference(
    name: str, target: str, *, nullable: bool = False, index: bool = False
) -> Column[int]:
    """A foreign key to another table's surrogate key."""
    return Column(name, BigInteger, ForeignKey(f"{target}.id"), nullable=nullable, index=index)


def changed_by() -> Column[int]:
    """The submission that last changed the row: where the value comes from."""
    return reference("changed_by", "submission")
