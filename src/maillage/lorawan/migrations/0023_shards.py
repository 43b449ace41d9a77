from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("lorawan", "0021_device_health")]

    operations = [
        migrations.AddField(
            model_name="publicationcursor",
            name="of",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
        migrations.CreateModel(
            name="ShardOwner",
            fields=[
                ("shard", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("epoch", models.BigIntegerField(default=0)),
            ],
        ),
    ]
