"""A firmware image reaches every device of a small group over lossy air, whatever restarts meanwhile."""

import asyncio
import random

import pytest
from tests.lorawan.multicast.group_network import GroupNetwork
from tests.lorawan.simulated_network import device, fleet_of

IMAGE = random.Random(5).randbytes(3_030)
PERIOD_S = 60.0


@pytest.fixture
def network(lorawan_conninfo):
    def made(devices=5, *, loss=0.1, gateways=2, **options) -> GroupNetwork:
        entries = [device(n, period_s=PERIOD_S, east=(n % gateways), **options) for n in range(1, devices + 1)]
        network = GroupNetwork(lorawan_conninfo, fleet_of(entries, gateways), loss=loss)
        network.register()
        return network

    return made


def states(network, campaign_id) -> list[tuple]:
    query = "SELECT step, cause, missing FROM lorawan_campaignreceiver WHERE campaign_id = %s ORDER BY id"
    return network.rows(query, campaign_id)


def state(network, campaign_id) -> str:
    return network.rows("SELECT state FROM lorawan_firmwarecampaign WHERE id = %s", campaign_id)[0][0]


async def until_ended(network, campaign_id, longest_s=3 * 3600.0) -> None:
    while longest_s > 0 and state(network, campaign_id) not in ("done", "failed", "stopped"):
        await network.run(60)
        longest_s -= 60


def test_every_device_of_a_group_holds_the_exact_image_despite_a_tenth_of_the_frames_lost(network):
    town = network()

    async def story() -> str:
        await town.open()
        await town.run(300)
        campaign_id = town.campaign(town.group(), IMAGE)
        await until_ended(town, campaign_id)
        await town.close()
        return campaign_id

    campaign_id = asyncio.run(story())
    assert states(town, campaign_id) == [("done", "", 0)] * 5
    assert state(town, campaign_id) == "done"
    assert town.blocks() == [[IMAGE]] * 5


def test_a_server_that_is_killed_in_the_middle_goes_on_and_takes_no_counter_twice(network):
    town = network(3, gateways=1)

    async def story() -> str:
        await town.open()
        await town.run(300)
        campaign_id = town.campaign(town.group(), IMAGE)
        for after in ("preparing", "starting", "sending", "sending", "checking"):
            while state(town, campaign_id) not in (after, "done"):
                await town.run(20)
            await town.run(25)
            await town.restart()
        await until_ended(town, campaign_id)
        await town.close()
        return campaign_id

    campaign_id = asyncio.run(story())
    assert states(town, campaign_id) == [("done", "", 0)] * 3
    assert town.blocks() == [[IMAGE]] * 3
    sent = [row[0] for row in town.rows("SELECT f_cnt FROM lorawan_frame WHERE dev_eui = '' ORDER BY id")]
    assert sent == sorted(set(sent)), "one gateway, one frame a counter"


def test_a_group_of_class_b_receives_in_its_ping_slots(network):
    town = network(3, gateways=1, loss=0.05)

    async def story() -> str:
        await town.open()
        await town.run(300)
        campaign_id = town.campaign(town.group("B", 2), IMAGE[:1000])
        await until_ended(town, campaign_id)
        await town.close()
        return campaign_id

    campaign_id = asyncio.run(story())
    assert states(town, campaign_id) == [("done", "", 0)] * 3
    assert town.blocks() == [[IMAGE[:1000]]] * 3
    assert {type(packet.schedule).__name__ for _, packet in town.net.told} == {"AtTmst", "AtGpsTime"}


def test_a_device_that_never_answers_fails_with_its_cause_and_holds_nobody_up(network):
    town = network(3, gateways=1, loss=0.0)
    town.net.town.nodes[2].device.packages = None

    async def story() -> str:
        await town.open()
        await town.run(300)
        campaign_id = town.campaign(town.group(), IMAGE[:500])
        await until_ended(town, campaign_id)
        await town.close()
        return campaign_id

    campaign_id = asyncio.run(story())
    assert states(town, campaign_id)[:2] == [("done", "", 0)] * 2
    assert states(town, campaign_id)[2][:2] in [("failed", "not_ready"), ("failed", "no_answer")]
    assert [node.device.packages.blocks for node in town.net.town.nodes[:2]] == [[IMAGE[:500]]] * 2
