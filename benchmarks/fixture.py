"""The rows of a measured territory, by COPY: registering twenty thousand devices one by one would outlast the measure.

The rows are those that the house's own actions would write (``identity``, ``territory``, ``lorawan``, ``telemetry``):
one thing a device and one datastream a measure of its model.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import argon2
import psycopg
from psycopg import sql

from benchmarks.installation import KEK
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.keys import KeyRing, Purpose
from maillage.lorawan.simulator.load import LoadPlan, LoadSession, load_gateways, load_session

LOGIN = "benchmark@example.org"
PASSWORD = "a measured password"  # noqa: S105 - of a database that lives for minutes
_OPERATOR_ID = 1
_KEYS = KeyRing([KEK])
_THEN = datetime(2026, 1, 1, tzinfo=UTC)
_JOIN_EUI = "70b3d57ed0000000"
_OUTLINE = "SRID=4326;MULTIPOLYGON(((2 48,2.1 48,2.1 48.1,2 48.1,2 48)))"
_PLACE = "SRID=4326;POINT(2.05 48.05)"
THINGS_A_SITE = 400


@dataclass(frozen=True, slots=True)
class Fleet:
    """Devices ``first`` to ``first + count - 1`` of the load plan, ``things_a_commune`` of them in each commune."""

    first: int
    count: int
    model_key: str
    solution: str
    things_a_commune: int

    def commune_of(self, index: int) -> str:
        return f"{self.first + (index - self.first) // self.things_a_commune:05d}"


@dataclass(frozen=True, slots=True)
class Row:
    """A device and where it stands; ids follow from its index."""

    session: LoadSession
    thing_id: int
    site_id: int
    fleet: Fleet

    @property
    def organisation_id(self) -> int:
        return _organisation_id(self.site_id)


def thing_id(index: int) -> int:
    """The thing of device ``index``."""
    return index + 1


def populate(connection: psycopg.Connection, plan: LoadPlan, fleets: Sequence[Fleet]) -> None:
    """Organisation, user, communes, sites, gateways, devices with sessions, things, datastreams: one transaction."""
    with connection.transaction():
        _copy_things(connection, populate_network(connection, plan, fleets))


def populate_network(connection: psycopg.Connection, plan: LoadPlan, fleets: Sequence[Fleet]) -> Sequence[Row]:
    """The same without things and datastreams: what the network server reads. In the caller's transaction."""
    communes = sorted({fleet.commune_of(index) for fleet in fleets for index in _indexes(fleet)})
    site_ids = {insee: number + 1 for number, insee in enumerate(communes)}
    rows = [
        Row(load_session(plan, index), thing_id(index), site_ids[fleet.commune_of(index)], fleet)
        for fleet in fleets
        for index in _indexes(fleet)
    ]
    _copy_people(connection)
    _copy_places(connection, site_ids)
    _copy_network(connection, plan, rows)
    return rows


def _organisation_id(site_id: int) -> int:
    """Of the commune of that site, its only one; the operator comes first."""
    return site_id + _OPERATOR_ID


def _indexes(fleet: Fleet) -> range:
    return range(fleet.first, fleet.first + fleet.count)


def _copy_people(connection: psycopg.Connection) -> None:
    password = "argon2" + argon2.PasswordHasher().hash(PASSWORD)
    _copy(connection, "identity_organisation", "id kind name slug siren member_since", [
        (1, "operator", "Benchmark", "benchmark", "", None),
    ])  # fmt: skip
    _copy(connection, "identity_user", "id password last_login email full_name language is_active", [
        (1, password, None, LOGIN, "Benchmark", "fr", True),
    ])  # fmt: skip
    _copy(connection, "identity_membership", "id user_id organisation_id role", [(1, 1, 1, "operator")])


def _copy_places(connection: psycopg.Connection, site_ids: dict[str, int]) -> None:
    columns = "id kind name slug siren member_since"
    members = [(_organisation_id(number), "commune", insee, insee, "", None) for insee, number in site_ids.items()]
    _copy(connection, "identity_organisation", columns, members)
    columns = "insee name siren postcodes population epci_siren epci_name outline organisation_id"
    communes = [
        (insee, insee, "", "{}", 1, "", "", _OUTLINE, _organisation_id(number)) for insee, number in site_ids.items()
    ]
    _copy(connection, "territory_commune", columns, communes)
    columns = "id organisation_id commune_id kind name address location generated"
    sites = [
        (number, _organisation_id(number), insee, "school", f"Site {insee}", "", _PLACE, True)
        for insee, number in site_ids.items()
    ]
    _copy(connection, "territory_site", columns, sites)


def _copy_network(connection: psycopg.Connection, plan: LoadPlan, rows: Sequence[Row]) -> None:
    columns = "eui organisation_id name uplink_count crc_error_count downlink_count downlink_failure_count"
    _copy(connection, "lorawan_gateway", columns, ((eui, 1, eui, 0, 0, 0, 0) for eui in load_gateways(plan)))
    columns = "dev_eui organisation_id join_eui app_key model_key name created_at join_nonce last_dev_nonce"
    devices = (
        (
            one.session.dev_eui,
            one.organisation_id,
            _JOIN_EUI,
            _KEYS.wrap(one.session.app_key, one.session.dev_eui, Purpose.APP_KEY),
            one.fleet.model_key,
            _name(one),
            _THEN,
            1,
            1,
            "{}",
        )
        for one in rows
    )
    _copy(connection, "lorawan_device", f"{columns} last_gateways", devices)
    columns = "device_id dev_addr nwk_s_key app_s_key f_cnt_up f_cnt_down rx1_delay_s joined_at"
    sessions = ((*_session(one.session), -1, 0, 1, _THEN) for one in rows)
    _copy(connection, "lorawan_session", columns, sessions)


def _copy_things(connection: psycopg.Connection, rows: Sequence[Row]) -> None:
    models = load_models()
    columns = "id organisation_id site_id space_id name category solution device_id decommissioned_at"
    things = (
        (
            one.thing_id,
            one.organisation_id,
            one.site_id,
            None,
            _name(one),
            models[one.fleet.model_key].category,
            one.fleet.solution,
            one.session.dev_eui,
            None,
        )
        for one in rows
    )
    _copy(connection, "telemetry_thing", columns, things)
    streams = (
        (one.organisation_id, one.thing_id, quantity, measure.unit, measure.kind, "lorawan")
        for one in rows
        for quantity, measure in models[one.fleet.model_key].measures.items()
    )
    numbered = ((number, *stream) for number, stream in enumerate(streams, 1))
    _copy(connection, "telemetry_datastream", "id organisation_id thing_id quantity unit kind source", numbered)


def _session(session: LoadSession) -> tuple[str, int, bytes, bytes]:
    nwk_s_key = _KEYS.wrap(session.nwk_s_key, session.dev_eui, Purpose.NWK_S_KEY)
    app_s_key = _KEYS.wrap(session.app_s_key, session.dev_eui, Purpose.APP_S_KEY)
    return session.dev_eui, session.dev_addr, nwk_s_key, app_s_key


def _name(row: Row) -> str:
    return f"Thing {row.thing_id}"


def _copy(connection: psycopg.Connection, table: str, columns: str, rows: Iterable[Sequence[object]]) -> None:
    names = columns.split()
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor().copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
    if names[0] == "id":
        connection.execute(
            sql.SQL("SELECT setval(pg_get_serial_sequence({}, 'id'), (SELECT max(id) FROM {}))").format(
                sql.Literal(table), sql.Identifier(table)
            )
        )
