"""Tenant-owned rows: a queryset refuses to run until it knows for whom it runs."""

from typing import Any, Self, TypeVar

from django.db import models
from django.db.models.sql import Query

from maillage.identity.actor import Actor

Row = TypeVar("Row", bound=models.Model)


class ScopeMissing(RuntimeError):  # noqa: N818 - a programming error, named for what is missing
    """A tenant-owned table was read or written in bulk without ``visible_to(actor)`` or ``unscoped(reason)``."""


class TenantQuery(Query):
    """The one place that every SELECT passes: evaluated, counted, combined, explained or inside another query."""

    scope: str | None = None

    def require_scope(self) -> None:
        """Raises ``ScopeMissing`` before any SQL is written for nobody in particular."""
        if self.scope is None:
            raise ScopeMissing(self.model._meta.label if self.model else "?")

    def get_compiler(self, *args: Any, **kwargs: Any) -> Any:
        """Refuses to become SQL without a scope."""
        self.require_scope()
        return super().get_compiler(*args, **kwargs)

    def combine(self, rhs: Query, connector: str) -> None:
        """``a | b`` must not widen ``a`` by an unscoped ``b``."""
        if isinstance(rhs, TenantQuery):
            rhs.require_scope()
        super().combine(rhs, connector)


class TenantQuerySet(models.QuerySet[Row]):
    """Runs only after ``visible_to(actor)`` or ``unscoped(reason)``."""

    def __init__(
        self,
        model: type[Row] | None = None,
        query: Query | None = None,
        using: str | None = None,
        hints: dict[str, models.Model] | None = None,
    ) -> None:
        super().__init__(model, query or TenantQuery(model), using, hints)

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
        clone.query.scope = reason  # type: ignore[attr-defined]
        return clone

    # What writes, or brings its own SQL, does not become a SELECT of ``TenantQuery``.

    def update(self, **kwargs: Any) -> int:
        self._require_scope()
        return super().update(**kwargs)

    def delete(self) -> tuple[int, dict[str, int]]:
        self._require_scope()
        return super().delete()

    def raw(self, *args: Any, **kwargs: Any) -> Any:
        self._require_scope()
        return super().raw(*args, **kwargs)

    def _raw_delete(self, using: str | None) -> int:
        self._require_scope()
        deleted: int = super()._raw_delete(using)
        return deleted

    def _require_scope(self) -> None:
        if isinstance(self.query, TenantQuery):
            self.query.require_scope()


class TenantOwned(models.Model):
    """Base of every row that belongs to one organisation.

    ``Model.save``/``delete`` and following a foreign key from a row already in hand are not restricted: the row was
    obtained through a scoped query.
    """

    organisation = models.ForeignKey("identity.Organisation", on_delete=models.PROTECT, related_name="+")

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True
