"""Customers on a real MQTT broker, with a real client: each sees its own application and nothing else."""

import asyncio
import contextlib
import json

import pytest
from tests.fixtures.mqtt import Listener, mqtt_broker
from tests.fixtures.radio import EVRY_VALVE, MASSY_VALVE
from tests.processes.test_integrations import application, evry, gathering, heard, house, massy, tell, until

from maillage.config import environment
from maillage.lorawan.events import UplinkBatch
from maillage.lorawan.integrations import actions
from maillage.lorawan.integrations.mqtt.broker_file import read_address
from maillage.lorawan.integrations.store import EventStore
from maillage.lorawan.models import Downlink
from maillage.processes import integrations as process
from maillage.processes import mqtt_broker as broker_module
from maillage.processes.command import Desk
from maillage.processes.mqtt_desk import MqttDesk

__all__ = ["application", "evry", "house", "massy"]


@pytest.fixture(scope="module")
def broker():
    with mqtt_broker() as running:
        yield running


def token_of(house, application):
    return actions.create_token(house.actor("operator"), application.pk, "MQTT", None)


@contextlib.asynccontextmanager
async def serving_mqtt(conninfo, bus_url, broker):
    """The whole process but its supervisor: gatherer, couriers and the broker's desk."""
    store, desk = EventStore(conninfo), Desk()
    mqtt = MqttDesk(broker.address, store, desk, process.intake)
    async with gathering(conninfo, bus_url, mqtt=mqtt) as (gatherer, _couriers, client):
        gatherer._store = store
        running = asyncio.create_task(mqtt.run(gatherer.tell))
        try:
            await asyncio.wait_for(mqtt.opened.wait(), 10)
            yield gatherer, mqtt, client
            assert not running.done(), running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await store.close()
            await desk.close()


async def there(work, *arguments):
    """In a thread: MQTT clients wait, and the loop goes on."""
    return await asyncio.to_thread(work, *arguments)


def topic(application, dev_eui, end):
    return f"application/{application.pk}/device/{dev_eui}/{end}"


def test_a_customer_sees_its_application_alone(house, evry, massy, broker, committed_conninfo, bus_url):
    _token, ours = token_of(house, evry)
    _token, theirs = token_of(house, massy)
    news = UplinkBatch([heard(EVRY_VALVE, 7), heard(MASSY_VALVE, 8)])

    async def run():
        async with serving_mqtt(committed_conninfo, bus_url, broker) as (gatherer, _mqtt, client):
            port = broker.address.mqtt_port
            mine = Listener(port, f"{str(evry.pk)[:8]}-mine", ours)
            spy = Listener(port, f"{str(massy.pk)[:8]}-spy", theirs)
            try:
                for each in (mine, spy):
                    await there(each.wait, lambda e=each: True in e.connects)
                assert await there(mine.subscribe, topic(evry, "+", "event/+"))
                forbidden = [
                    topic(evry, "+", "event/+"),
                    topic(evry, EVRY_VALVE, "event/up"),
                    f"application/{evry.pk}/#",
                    "application/+/device/+/event/+",
                    "application/#",
                    "#",
                    "+/+/+/+/+/+",
                    "$MQTT/sub/#",
                    "$MQTT/msgs/#",
                    "$MQTT/#",
                    "$SYS/#",
                    "$JS/#",
                ]
                assert [name for name in forbidden if await there(spy.subscribe, name)] == []
                assert await there(spy.subscribe, f"application/{massy.pk}/#")
                await tell_news(client, gatherer, news)
                await there(mine.wait, lambda: len(mine.messages) == 1)
                await there(spy.wait, lambda: len(spy.messages) == 1)
                spy.publish(topic(evry, EVRY_VALVE, "command/down"), b'{"fPort": 2, "data": "AQI="}')
                spy.publish(topic(evry, EVRY_VALVE, "event/up"), b"forged")
                mine.publish(topic(evry, EVRY_VALVE, "command/down"), b'{"fPort": 3, "data": "AQI="}')
                await until(Downlink.objects.exists)
                return mine.messages, spy.messages
            finally:
                mine.close()
                spy.close()

    mine, spy = asyncio.run(run())
    assert [name for name, _body in mine] == [topic(evry, EVRY_VALVE, "event/up")]
    assert json.loads(mine[0][1])["fCnt"] == 7
    assert [name for name, _body in spy] == [topic(massy, MASSY_VALVE, "event/up")]
    assert [found.f_port for found in Downlink.objects.all()] == [3]


async def tell_news(client, gatherer, news):
    await tell(client, news)
    await gatherer.step()


def test_only_a_live_token_and_an_own_identifier_open_the_door_and_a_revoked_one_is_shown_out(
    house, evry, broker, committed_conninfo, bus_url
):
    token, clear = token_of(house, evry)
    prefix = str(evry.pk)[:8]

    async def run():
        async with serving_mqtt(committed_conninfo, bus_url, broker) as (_gatherer, mqtt, _client):
            port = broker.address.mqtt_port
            inside = Listener(port, f"{prefix}-x", clear)
            wrong = Listener(port, f"{prefix}-y", "mlg_wrong")
            stranger = Listener(port, "somebody-else", clear)
            try:
                await there(inside.wait, lambda: True in inside.connects)
                for each in (wrong, stranger):
                    await there(each.wait, lambda e=each: e.connects[:1] == [False])
                await asyncio.to_thread(actions.revoke_token, house.actor("operator"), evry.pk, token.pk)
                mqtt.change()
                await there(inside.wait, lambda: inside.ends > 0 and inside.connects[-1] is False)
            finally:
                for each in (inside, wrong, stranger):
                    each.close()

    asyncio.run(run())


def test_what_is_wrong_with_a_command_is_told_where_its_sender_listens(
    house, evry, broker, committed_conninfo, bus_url
):
    _token, clear = token_of(house, evry)

    async def run():
        async with serving_mqtt(committed_conninfo, bus_url, broker):
            client = Listener(broker.address.mqtt_port, f"{str(evry.pk)[:8]}-z", clear)
            try:
                await there(client.wait, lambda: True in client.connects)
                assert await there(client.subscribe, topic(evry, "+", "event/log"))
                client.publish(topic(evry, EVRY_VALVE, "command/down"), b'{"fPort": 0, "data": "AQI="}')
                await there(client.wait, lambda: len(client.messages) == 1)
                return json.loads(client.messages[0][1])
            finally:
                client.close()

    event = asyncio.run(run())
    assert (event["level"], event["context"]["code"]) == ("ERROR", "lorawan.command_port")
    assert "« fPort » vaut 0" in event["description"]
    assert not Downlink.objects.exists()


def test_the_address_of_the_broker_is_kept_and_its_secrets_stay_the_same(tmp_path):
    env = environment.read({"MAILLAGE_DATA": str(tmp_path / "data"), "MAILLAGE_DATABASE": "x"})
    first = broker_module.embedded_broker(env)
    broker_module.remember(env.data, first)
    assert read_address(env.data.mqtt_broker) == first.address
    again = broker_module.embedded_broker(env)
    assert (again.address.seed, again.address.publisher) == (first.address.seed, first.address.publisher)
    assert env.data.mqtt_broker.stat().st_mode & 0o077 == 0
