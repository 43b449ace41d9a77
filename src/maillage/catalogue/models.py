"""What the body sells. The catalogue is the operating body's own and public once published: no row is a tenant's."""

from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.price import Mode, Rhythm

CODE_LENGTH = 80
NAME_LENGTH = 150


class Described(models.Model):
    """What every TMF620 resource has. ``extension`` keeps attributes of TMF620 for which the house has no column."""

    code = models.SlugField(max_length=CODE_LENGTH, unique=True)
    name = models.CharField(max_length=NAME_LENGTH)
    description = models.TextField(blank=True)
    lifecycle = models.CharField(max_length=32, default="Launched")
    version = models.CharField(max_length=32, default="1.0")
    last_update = models.DateTimeField()
    extension = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Catalogue(Described):
    """A named collection of categories, as TMF620 wants it."""

    categories: "models.ManyToManyField[Category, models.Model]" = models.ManyToManyField(
        "Category", related_name="catalogues"
    )


class Category(Described):
    """A shelf of the shop."""

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    icon = models.CharField(max_length=40, default="tag")
    position = models.PositiveSmallIntegerField(default=100)


class Specification(Described):
    """An equipment sheet, or what a service is made of."""

    brand = models.CharField(max_length=NAME_LENGTH, blank=True)
    product_number = models.CharField(max_length=NAME_LENGTH, blank=True)
    protocol = models.CharField(max_length=NAME_LENGTH, blank=True)
    battery_life_years = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    picture = models.CharField(max_length=40, blank=True, help_text="A drawing of the house: valve, sensor…")
    photo = models.BinaryField(null=True, blank=True, help_text="WebP, made by ``photos``; none: the drawing.")
    photo_digest = models.CharField(max_length=16, blank=True, help_text="In the photo's address: it may be kept.")
    characteristics = models.JSONField(default=list, blank=True, help_text="[[name, value], …] as shown.")
    documents = models.JSONField(default=list, blank=True, help_text="[[title, https address], …]")


class Index(models.Model):
    """A published index that prices may follow, such as SYNTEC or BT 01."""

    code = models.SlugField(max_length=CODE_LENGTH, unique=True)
    name = models.CharField(max_length=NAME_LENGTH)
    source = models.CharField(max_length=NAME_LENGTH, blank=True, help_text="Who publishes it, and where.")

    def __str__(self) -> str:
        return self.name


class PublishedIndexValue(models.Model):
    """One publication. Append-only: a correction is a later publication of the same month."""

    index = models.ForeignKey(Index, on_delete=models.PROTECT, related_name="values")
    period = models.DateField(help_text="First day of the month that is measured.")
    value = models.DecimalField(max_digits=12, decimal_places=4)
    published_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index", "period", "published_on"], name="catalogue_index_publication"),
            models.CheckConstraint(condition=Q(value__gt=0), name="catalogue_index_positive"),
            models.CheckConstraint(condition=Q(period__day=1), name="catalogue_index_month"),
            # A month is known once it is over.
            models.CheckConstraint(condition=Q(published_on__gt=F("period")), name="catalogue_index_known_after"),
        ]


class Price(Described):
    """One price term. Frozen once a published version uses it."""

    rhythm = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Rhythm])
    unit = models.CharField(max_length=32)
    mode = models.CharField(max_length=16, choices=[(m.value, m.value) for m in Mode], default=Mode.GRADUATED.value)
    tiers = models.JSONField(help_text='[["0", "12.50"], …]: quantity from, unit price in euros before VAT.')
    vat_percent = models.DecimalField(max_digits=4, decimal_places=2, default=20)
    revision = models.JSONField(null=True, blank=True, help_text="Formula, first date and rhythm; none: fixed price.")
    position = models.PositiveSmallIntegerField(default=100)


class Offering(models.Model):
    """One article. What it is and costs stands in its versions."""

    class Kind(models.TextChoices):
        PACK = "pack"
        CONNECTIVITY = "connectivity"
        INTERNET = "internet"
        TELEPHONY = "telephony"
        CONFERENCE = "conference"
        HOSTING = "hosting"
        WORKS = "works"

    code = models.SlugField(max_length=CODE_LENGTH, unique=True)
    kind = models.CharField(max_length=16, choices=Kind)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="offerings")
    featured = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.code


class OfferingVersion(models.Model):
    """What an offering is and costs over a span of civil dates. A draft may change; what is published never does."""

    class State(models.TextChoices):
        DRAFT = "draft"
        PUBLISHED = "published"

    class Level(models.TextChoices):
        ONLY = ""
        BASIC = "basic"
        MEDIUM = "medium"
        COMPLEX = "complex"

    offering = models.ForeignKey(Offering, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="The first day on which it is no longer sold.")
    published_at = models.DateTimeField(null=True, blank=True)
    last_update = models.DateTimeField()

    name = models.CharField(max_length=NAME_LENGTH)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True)
    included = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    excluded = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    keywords = models.CharField(max_length=300, blank=True)
    picture = models.CharField(max_length=40, blank=True)
    audiences = ArrayField(
        models.CharField(max_length=16, choices=[(a.value, a.value) for a in Audience]), default=list
    )
    needs_fibre = models.BooleanField(default=False)
    needs_lora = models.BooleanField(default=False)
    estimator = models.CharField(max_length=32, blank=True)
    level = models.CharField(max_length=16, choices=Level, blank=True)
    term_months = models.PositiveSmallIntegerField(default=0, help_text="Commitment; 0: none.")
    availability_percent = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    answer_hours = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Somebody answers within.")
    repair_hours = models.PositiveSmallIntegerField(null=True, blank=True, help_text="It works again within.")
    support = models.CharField(max_length=200, blank=True, help_text="When somebody can be reached.")
    invented = models.BooleanField(default=False, help_text="Prices of a demonstration.")

    prices = models.ManyToManyField(Price, related_name="versions")
    specifications = models.ManyToManyField(Specification, related_name="versions", blank=True)

    search_text = models.TextField(blank=True, help_text="What a search looks in: lower case, without accents.")
    first_price_cents = models.BigIntegerField(null=True, help_text="What the list sorts by: of one unit, unrevised.")
    lifecycle = models.CharField(max_length=32, blank=True, help_text="TMF620's word for a draft.")
    extension = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["offering", "number"], name="catalogue_version_number"),
            models.UniqueConstraint(
                fields=["offering"], condition=Q(state="draft"), name="catalogue_one_draft_an_offering"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(valid_from__isnull=False, published_at__isnull=False),
                name="catalogue_published_has_dates",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")), name="catalogue_version_validity"
            ),
            # On one day an offering has one price, whatever two editors do at once.
            ExclusionConstraint(
                name="catalogue_versions_never_overlap",
                expressions=[
                    (
                        Func(
                            F("valid_from"),
                            F("valid_until"),
                            RangeBoundary(),
                            function="DATERANGE",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                    ("offering", RangeOperators.EQUAL),
                ],
                condition=Q(state="published"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"
