"""Over-the-air activation, judged in memory; what the table refuses is tested with the process."""

from tests.lorawan.radio_side import JOIN_EUI, FakeDevice
from tests.lorawan.server.conftest import START

from maillage.lorawan.protocol.build import open_join_accept
from maillage.lorawan.protocol.crypto import derive_session_keys
from maillage.lorawan.protocol.frames import JoinAccept
from maillage.lorawan.protocol.join import decode_cf_list
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.server.joins import Joining
from maillage.lorawan.server.refusals import Cause


def planned(bench, dev_nonce=7, random_bits=lambda _: 0x1234):
    bench.hear(bench.devices[0].join_request(dev_nonce))
    _, (asked,) = bench.close(0.2)
    joining = Joining(bench.registry, bench.plan, 0, random_bits)
    return joining, joining.plan(asked, START)


def test_a_join_accept_tells_keys_address_channels_and_goes_out_after_five_seconds(bench):
    _, join = planned(bench)
    frame = parse_frame(join.answer.phy_payload)
    assert isinstance(frame, JoinAccept)
    accept = open_join_accept(frame, bench.devices[0].app_key)
    assert (accept.join_nonce, accept.net_id, accept.dev_addr) == (1, 0, 0x1234)
    assert decode_cf_list(accept.cf_list)[0] == 867_100_000
    assert join.keys == derive_session_keys(bench.devices[0].app_key, 1, 0, 7)
    assert join.answer.opportunities[0].tmst_us == 5_000_000


def test_nothing_changes_before_the_join_is_committed_and_everything_after(bench):
    joining, join = planned(bench)
    device = bench.registry.devices[bench.devices[0].dev_eui]
    assert (device.join_nonce, device.session.dev_addr) == (0, bench.devices[0].dev_addr)
    joining.install(join)
    assert (device.join_nonce, device.last_dev_nonce, device.session.dev_addr) == (1, 7, 0x1234)
    assert bench.registry.candidates(bench.devices[0].dev_addr) == ()


def test_an_address_that_is_taken_is_not_given_again(bench):
    chances = iter([bench.devices[1].dev_addr, 0x77])
    _, join = planned(bench, random_bits=lambda _: next(chances))
    assert join.dev_addr == 0x77


def test_a_device_whose_nonce_counts_may_not_go_back(bench):
    bench.registry.devices[bench.devices[0].dev_eui].model_key = "mclimate-vicki"
    bench.registry.devices[bench.devices[0].dev_eui].last_dev_nonce = 8
    for number, nonce in enumerate((7, 8)):
        bench.hear(bench.devices[0].join_request(nonce), float(number))
    assert bench.close(5.0) == ([], [])
    assert bench.causes() == [Cause.JOIN_REPLAYED] * 2


def test_a_device_whose_nonce_is_random_may(bench):
    bench.registry.devices[bench.devices[0].dev_eui].last_dev_nonce = 8
    bench.hear(bench.devices[0].join_request(7))
    assert len(bench.close(5.0)[1]) == 1


def test_a_join_for_another_join_eui_is_refused(bench):
    device = FakeDevice(1)
    bench.registry.devices[device.dev_eui].join_eui = JOIN_EUI[::-1].hex()
    bench.hear(device.join_request(1))
    assert bench.causes() == [Cause.JOIN_WRONG_EUI]
