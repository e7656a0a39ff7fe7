"""What configuration models share: engine-owned columns, and announcing changes to the engine."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar, Self, TypeVar

from django.db import models, transaction
from django.db.models.functions import Now
from django.dispatch import Signal

#: Sent when rows were written without ``post_save`` (``QuerySet.update``, ``bulk_create``,
#: ``bulk_update``), with ``sender`` (the model), ``pks`` (set of int) and ``unnumbered`` (list of
#: rows whose primary keys the database did not return).
configuration_changed = Signal()

M = TypeVar("M", bound=models.Model)


class ConfigurationQuerySet(models.QuerySet[M]):
    """A queryset whose bulk writes are announced like single saves.

    ``bulk_update`` goes through ``update``. Updates of engine-owned columns are not announced: they
    come from the engine itself.
    """

    def _announce(self, pks: Iterable[int], unnumbered: Iterable[M] = ()) -> None:
        configuration_changed.send(sender=self.model, pks=set(pks), unnumbered=list(unnumbered))

    def update(self, **kwargs: Any) -> int:
        engine_owned: Collection[str] = getattr(self.model, "engine_owned", ())
        if set(kwargs) <= set(engine_owned):
            return super().update(**kwargs)
        if issubclass(self.model, TimestampedModel):
            kwargs.setdefault("updated_at", Now())
        with transaction.atomic(using=self.db, savepoint=False):
            # Read first: the update may change what the filter matches. Locked in key order, as by
            # enforcement, because an UPDATE locks in any order and could deadlock with it.
            pks = list(
                self.model._base_manager.using(self.db)
                .filter(pk__in=self.order_by().values("pk"))
                .order_by("pk")
                .select_for_update(of=("self",), no_key=True)
                .values_list("pk", flat=True)
            )
            updated = super().update(**kwargs)
            self._announce(pks)
        return updated

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[M], *args: Any, **kwargs: Any) -> list[M]:
        created = super().bulk_create(objs, *args, **kwargs)
        self._announce(
            (row.pk for row in created if row.pk is not None),
            # ``ignore_conflicts`` reports neither which rows were inserted nor their keys.
            unnumbered=(row for row in created if row.pk is None),
        )
        return created


class TimestampedModel(models.Model):
    """A row with the times of its creation and of the last change by a person."""

    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        abstract = True


class ConfigurationModel(TimestampedModel):
    """A row that people edit and the engine reads; only the engine writes ``engine_owned``."""

    #: Columns that ``save()`` skips unless named: an object read a minute ago holds the engine's
    #: decision of a minute ago, which saving must not restore.
    engine_owned: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        named = kwargs.get("update_fields")
        if named and not self.engine_owned.issuperset(named):
            # Django sets it at every save, but writes it only when it is named.
            kwargs["update_fields"] = {*named, "updated_at"}
        elif self.engine_owned and not self._state.adding and named is None:
            kwargs["update_fields"] = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in self.engine_owned
            ]
        super().save(**kwargs)

    def fresh(self) -> Self:
        """The row's current state in the database."""
        return type(self)._default_manager.get(pk=self.pk)
