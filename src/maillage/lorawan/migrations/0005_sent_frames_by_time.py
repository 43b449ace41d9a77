from django.db import migrations

# Few against the uplinks: what the duty cycle asks at each start must not read a day of frames.
SQL = "CREATE INDEX lorawan_frame_sent ON lorawan_frame (at) WHERE direction = 'down'"


class Migration(migrations.Migration):
    dependencies = [("lorawan", "0004_find_devices_by_part_of_their_name")]
    operations = [migrations.RunSQL(SQL, "DROP INDEX lorawan_frame_sent")]
