"""Tenant-owned rows: a queryset refuses to run until it knows for whom it runs."""

from collections.abc import Iterator
from typing import Any, Self, TypeVar

from django.db import models

from maillage.identity.actor import Actor

Row = TypeVar("Row", bound=models.Model)


class ScopeMissing(RuntimeError):  # noqa: N818 - a programming error, named for what is missing
    """A tenant-owned table was read or written in bulk without ``visible_to(actor)`` or ``unscoped(reason)``."""


class TenantQuerySet(models.QuerySet[Row]):
    """Runs only after ``visible_to(actor)`` or ``unscoped(reason)``."""

    _scope: str | None = None

    def visible_to(self, actor: Actor) -> Self:
        """Only the rows of organisations that ``actor`` may see."""
        if actor.visible_organisation_ids is None:
            return self.unscoped(actor.label)
        return self.filter(organisation_id__in=actor.visible_organisation_ids).unscoped(actor.label)

    def unscoped(self, reason: str) -> Self:
        """All rows. ``reason`` says why no tenant applies; it must not be empty."""
        if not reason:
            raise ScopeMissing(self.model._meta.label)
        clone: Self = self._chain()  # type: ignore[attr-defined]
        clone._scope = reason
        return clone

    def _clone(self) -> Self:
        clone: Self = super()._clone()  # type: ignore[misc]
        clone._scope = self._scope
        return clone

    def _require_scope(self) -> None:
        if self._scope is None:
            raise ScopeMissing(self.model._meta.label)

    def _fetch_all(self) -> None:
        self._require_scope()
        super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[Row]:
        self._require_scope()
        return super().iterator(chunk_size)

    def count(self) -> int:
        self._require_scope()
        return super().count()

    def exists(self) -> bool:
        self._require_scope()
        return super().exists()

    def aggregate(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self._require_scope()
        return super().aggregate(*args, **kwargs)

    def update(self, **kwargs: Any) -> int:
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()


class TenantOwned(models.Model):
    """Base of every row that belongs to one organisation.

    ``Model.save``/``delete`` and following a foreign key from a row already in hand are not restricted: the row was
    obtained through a scoped query.
    """

    organisation = models.ForeignKey("identity.Organisation", on_delete=models.PROTECT, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
