import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


def _to(model, **more):
    return models.ForeignKey(on_delete=more.pop("on_delete", django.db.models.deletion.CASCADE), related_name="+", to=model, **more)


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_idempotent_answer"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("telemetry", "0005_rollups"),
    ]
    operations = [
        migrations.CreateModel(
            name="Quarantined",
            fields=[
                _ID,
                ("day", models.DateField()),
                ("cause", models.CharField(max_length=48)),
                ("source", models.CharField(max_length=8)),
                ("count", models.PositiveIntegerField()),
                ("last_at", models.DateTimeField()),
                ("sample", models.CharField(max_length=120)),
                ("datastream", _to("telemetry.datastream")),
                ("organisation", _to("identity.organisation", on_delete=django.db.models.deletion.PROTECT)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("datastream", "day", "cause"), name="telemetry_quarantined_once"
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                _ID,
                ("file_name", models.CharField(max_length=200)),
                ("rows", models.JSONField(help_text="[datastream_id, at, value, unit] of every good row.")),
                ("bad", models.JSONField(help_text="[line, text, cause, facts] of every bad row.")),
                ("created_at", models.DateTimeField()),
                ("organisation", _to("identity.organisation", on_delete=django.db.models.deletion.PROTECT)),
                ("user", _to(settings.AUTH_USER_MODEL)),
            ],
        ),
    ]
