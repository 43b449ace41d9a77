from collections.abc import Sequence

from django.conf import settings
from django.db import migrations, models
import django.db.models.deletion

from maillage.lorawan.keys import KeyRing, Purpose

PLAIN_BYTES = 16
ROWS_AT_ONCE = 2_000


def wrap(apps, schema_editor):
    """Keys stored so far in clear. Previews hold some too: they live half an hour and can be sent again."""
    ring = KeyRing(settings.KEY_ENCRYPTION_KEYS)
    apps.get_model("lorawan", "DeviceImport").objects.all().delete()
    for name, columns in COLUMNS.items():
        each_batch(apps.get_model("lorawan", name), columns, lambda *facts: wrapped(ring, *facts))


def unwrap(apps, schema_editor):
    ring = KeyRing(settings.KEY_ENCRYPTION_KEYS)
    apps.get_model("lorawan", "DeviceImport").objects.all().delete()
    for name, columns in COLUMNS.items():
        each_batch(apps.get_model("lorawan", name), columns, ring.unwrap)


COLUMNS = {"Device": ["app_key"], "Session": ["nwk_s_key", "app_s_key"]}


def each_batch(model, columns: Sequence[str], change):
    after = ""
    while rows := list(model._base_manager.filter(pk__gt=after).order_by("pk")[:ROWS_AT_ONCE]):
        for row in rows:
            for column in columns:
                setattr(row, column, change(bytes(getattr(row, column)), row.pk, Purpose(column)))
        model._base_manager.bulk_update(rows, columns)
        after = rows[-1].pk


def wrapped(ring, key, dev_eui, purpose):
    return ring.wrap(key, dev_eui, purpose) if len(key) == PLAIN_BYTES else key


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("lorawan", "0005_sent_frames_by_time"),
    ]

    operations = [
        migrations.AlterField("device", "app_key", models.BinaryField(help_text="Wrapped (``keys.py``).")),
        migrations.AddField(
            "device",
            "owner_token",
            models.BinaryField(
                blank=True, null=True, help_text="TR005 owner token, wrapped: who holds it may claim the device."
            ),
        ),
        migrations.AlterField(
            "device",
            "model_key",
            models.CharField(
                max_length=64, help_text="Folder name in lorawan/codecs/models, or imported here."
            ),
        ),
        migrations.AlterField("session", "nwk_s_key", models.BinaryField(help_text="Wrapped (``keys.py``).")),
        migrations.AlterField("session", "app_s_key", models.BinaryField(help_text="Wrapped (``keys.py``).")),
        migrations.CreateModel(
            name="ClaimFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dev_eui", models.CharField(max_length=16)),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "at"], name="lorawan_claim_failure_user"),
                    models.Index(fields=["dev_eui", "at"], name="lorawan_claim_failure_device"),
                ],
            },
        ),
        migrations.RunPython(wrap, unwrap),
    ]
