from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="specification",
            name="photo",
            field=models.BinaryField(
                blank=True, help_text="WebP, made by ``photos``; none: the drawing.", null=True
            ),
        ),
        migrations.AddField(
            model_name="specification",
            name="photo_digest",
            field=models.CharField(
                blank=True,
                default="",
                help_text="In the photo's address: it may be kept.",
                max_length=16,
            ),
            preserve_default=False,
        ),
    ]
