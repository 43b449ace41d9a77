"""Counts the frame log of the last day: one statement for devices, one for what gateways hear."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

SPAN = timedelta(days=1)
LEAST_GAPS = 6
_REGULAR = 1.5  # the 95th percentile of the gaps against their median
_MOST_LOST = 1000  # a wider gap of the counter is a device that was moved or reset, not lost frames
_DEVICES = """
WITH heard AS (
    SELECT dev_eui, at, f_cnt,
           at - lag(at) OVER in_turn AS gap, f_cnt - lag(f_cnt) OVER in_turn AS step,
           (SELECT max((r ->> 'snr_db')::float8) FROM jsonb_array_elements(receptions) AS r) - needed.snr_db
             AS margin_db
    FROM lorawan_frame
    LEFT JOIN unnest(%(rates)s::text[], %(floors)s::float8[]) AS needed (data_rate, snr_db) USING (data_rate)
    WHERE at >= %(since)s AND direction = 'up' AND f_cnt IS NOT NULL
    WINDOW in_turn AS (PARTITION BY dev_eui ORDER BY at, f_cnt)
), counted AS (
    SELECT dev_eui, count(*) AS frames,
           coalesce(sum(step - 1) FILTER (WHERE step BETWEEN 2 AND %(most_lost)s), 0) AS lost,
           count(*) FILTER (WHERE step = 1) AS gaps,
           percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY extract(epoch FROM gap)) FILTER (WHERE step = 1)
             AS usual,
           avg(margin_db) AS margin_db
    FROM heard GROUP BY dev_eui
)
INSERT INTO lorawan_devicehealth (device_id, learned_period_s, heard_frames, lost_frames, margin_db, counted_at)
SELECT dev_eui, CASE WHEN gaps >= %(least)s AND usual[2] <= %(regular)s * usual[1] THEN ceil(usual[1])::int END,
       frames, lost, margin_db, %(now)s
FROM counted JOIN lorawan_device USING (dev_eui) ORDER BY dev_eui
ON CONFLICT (device_id) DO UPDATE
SET learned_period_s = coalesce(excluded.learned_period_s,
        CASE WHEN excluded.heard_frames < %(least)s THEN lorawan_devicehealth.learned_period_s END),
    heard_frames = excluded.heard_frames, lost_frames = excluded.lost_frames, margin_db = excluded.margin_db,
    counted_at = excluded.counted_at
"""
_UNHEARD = """
UPDATE lorawan_devicehealth SET heard_frames = 0, lost_frames = 0, margin_db = NULL, counted_at = %(now)s
WHERE counted_at < %(now)s AND heard_frames > 0
"""
_HEARINGS = """
INSERT INTO lorawan_hearing (gateway_eui, device_id, frames, rssi_dbm, snr_db, last_at, counted_at)
SELECT r ->> 'eui', dev_eui, count(*), avg((r ->> 'rssi_dbm')::float8), avg((r ->> 'snr_db')::float8), max(at), %(now)s
FROM lorawan_frame CROSS JOIN LATERAL jsonb_array_elements(receptions) AS r JOIN lorawan_device USING (dev_eui)
WHERE at >= %(since)s AND direction = 'up'
GROUP BY r ->> 'eui', dev_eui ORDER BY 1, 2
ON CONFLICT (gateway_eui, device_id) DO UPDATE
SET frames = excluded.frames, rssi_dbm = excluded.rssi_dbm, snr_db = excluded.snr_db, last_at = excluded.last_at,
    counted_at = excluded.counted_at
"""
_FORGOTTEN = "DELETE FROM lorawan_hearing WHERE counted_at < %(now)s"


@transaction.atomic
def count(now: datetime, floors_db: Mapping[str, float]) -> int:
    """Counts the day before ``now``; returns how many devices were heard. ``floors_db``: needed SNR by data rate."""
    given: dict[str, Any] = {
        "now": now,
        "since": now - SPAN,
        "rates": list(floors_db),
        "floors": list(floors_db.values()),
        "least": LEAST_GAPS,
        "regular": _REGULAR,
        "most_lost": _MOST_LOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DEVICES, given)
        heard = cursor.rowcount
        for statement in (_UNHEARD, _HEARINGS, _FORGOTTEN):
            cursor.execute(statement, given)
    return int(heard)
