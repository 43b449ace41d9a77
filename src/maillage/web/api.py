"""The shapes that every API router shares."""

from typing import Generic, TypeVar

from ninja import Schema
from pydantic import Field

Item = TypeVar("Item")


class CursorPage(Schema, Generic[Item]):
    """A page of a list. Ask for the next one with ``?cursor=`` and ``next_cursor``; null on the last page."""

    items: list[Item]
    next_cursor: str | None


class PageQuery(Schema):
    """How much of a list, and from where."""

    cursor: str = Field("", max_length=500, description="`next_cursor` of the page before; empty for the first page.")
    limit: int = Field(50, ge=1, le=200, description="Items a page.")


class Problem(Schema):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    code: str
