import asyncio
import os
import signal

import pytest
from tests.lorawan.codecs.hostile import GOOD, STOPPED, UNINTERRUPTIBLE, on_port_99

from maillage.kernel.errors import Unavailable
from maillage.lorawan.codecs import link
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.quarantine import QuarantineRule
from maillage.lorawan.codecs.values import CodecFailure, Decoded

PATIENT = QuarantineRule(strikes=1000)
GOOD_ANSWER = Decoded({"n": 21, "list": [1, 2]}, {"air_temperature": 21.0})
OWN_ANSWER = Decoded({"n": 21}, {"air_temperature": 21.0})


@pytest.fixture
def models(model_of):
    """A good model beside one that misbehaves on port 99 in the way given."""

    def make(statement):
        return {"good": model_of(GOOD, "good"), "bad": model_of(on_port_99(statement), "bad")}

    return make


async def test_every_kind_of_hostile_input_is_stopped_while_all_others_are_answered(model_of, uplink):
    models = {name: model_of(on_port_99(statement), name) for name, (statement, _) in STOPPED.items()}
    models["good"] = model_of(GOOD, "good")
    batch = [item for name in STOPPED for item in (uplink(name), uplink("good"), uplink(name, 99))]
    async with CodecPool(models, quarantine=PATIENT, hard_limit_s=20) as pool:
        (pid,) = pool.worker_pids
        outcomes = await pool.decode(batch)
        assert pool.worker_pids == [pid]
        assert await pool.decode([uplink("good")]) == [GOOD_ANSWER]
    for position, (name, (_, code)) in enumerate(STOPPED.items()):
        own, good, hostile = outcomes[3 * position : 3 * position + 3]
        assert own == OWN_ANSWER, name
        assert good == GOOD_ANSWER, name
        assert isinstance(hostile, CodecFailure), name
        assert code is None or hostile.code == code, (name, hostile)


async def test_a_codec_that_no_engine_limit_stops_is_killed_and_found(models, uplink):
    batch = [uplink("bad"), uplink("good"), uplink("bad", 99), uplink("bad"), uplink("good")]
    async with CodecPool(models(UNINTERRUPTIBLE), hard_limit_s=0.5, quarantine=PATIENT) as pool:
        before = pool.worker_pids
        outcomes = await pool.decode(batch)
        assert pool.worker_pids
        assert pool.worker_pids != before
    assert outcomes[2].code == "killed"
    assert [outcomes[0], outcomes[3]] == [OWN_ANSWER] * 2
    assert [outcomes[1], outcomes[4]] == [GOOD_ANSWER] * 2


async def test_a_repeatedly_hostile_model_is_left_untried_and_the_others_are_not(models, uplink):
    batch = [uplink("bad", 99)] * 5 + [uplink("good")]
    async with CodecPool(models("for (;;) {}")) as pool:
        first = await pool.decode(batch)
        second = await pool.decode(batch)
    assert [o.code for o in first[:5]] == ["time_limit"] * 3 + ["quarantined"] * 2
    assert [o.code for o in second[:5]] == ["quarantined"] * 5
    assert first[5] == second[5] == GOOD_ANSWER


async def test_a_quarantined_model_is_tried_again_afterwards(models, uplink):
    rule = QuarantineRule(strikes=1, duration_s=0)
    async with CodecPool(models("for (;;) {}"), quarantine=rule) as pool:
        (outcome,) = await pool.decode([uplink("bad", 99)])
        assert outcome.code == "time_limit"
        assert await pool.decode([uplink("bad")]) == [OWN_ANSWER]


async def test_tampering_with_prototypes_does_not_reach_another_model(models, uplink):
    statement = (
        "Array.prototype.map = function () { return 'stolen'; };"
        "globalThis.JSON = { parse: null, stringify: null };"
        "Object.prototype.data = { n: 666 };"
        "globalThis.decodeUplink = function () { return { data: { n: 0 } }; };"
    )
    async with CodecPool(models(statement)) as pool:
        await pool.decode([uplink("bad", 99)])
        assert await pool.decode([uplink("good"), uplink("bad", 99), uplink("good")]) == [
            GOOD_ANSWER,
            Decoded({"n": 0}, {"air_temperature": 0.0}),
            GOOD_ANSWER,
        ]


async def test_a_worker_killed_from_outside_is_replaced_and_its_batch_answered(models, uplink):
    async with CodecPool(models("")) as pool:
        (pid,) = pool.worker_pids
        os.kill(pid, signal.SIGKILL)
        assert await pool.decode([uplink("good"), uplink("bad")]) == [GOOD_ANSWER, OWN_ANSWER]
        assert pool.worker_pids != [pid]


async def test_a_worker_killed_while_it_works_is_replaced_and_its_batch_answered(models, uplink):
    busy = "for (var i = 0, end = Date.now() + 300; Date.now() < end; i++) {}"
    async with CodecPool(models(busy), call_limit_s=5, hard_limit_s=20) as pool:
        (pid,) = pool.worker_pids
        batch = asyncio.create_task(pool.decode([uplink("bad", 99), uplink("good")]))
        await asyncio.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        assert await batch == [OWN_ANSWER, GOOD_ANSWER]


async def test_a_codec_that_does_not_load_is_reported(model_of, uplink):
    models = {"broken": model_of("function (", "broken"), "good": model_of(GOOD, "good")}
    async with CodecPool(models) as pool:
        broken, good = await pool.decode([uplink("broken"), uplink("good")])
    assert broken.code == "bad_codec"
    assert "SyntaxError" in broken.message
    assert good == GOOD_ANSWER


async def test_an_undeclared_quantity_is_reported(model_of, uplink):
    source = GOOD.replace("air_temperature", "made_up")
    async with CodecPool({"m": model_of(source, "m")}) as pool:
        (outcome,) = await pool.decode([uplink("m")])
    assert outcome.code == "bad_result"
    assert "made_up" in outcome.message


async def test_an_unknown_model_is_reported_among_the_others(models, uplink):
    async with CodecPool(models("")) as pool:
        unknown, good = await pool.decode([uplink("nobody"), uplink("good")])
        assert (await pool.encode("nobody", {})).code == "unknown_model"
    assert unknown.code == "unknown_model"
    assert good == GOOD_ANSWER


async def test_a_long_error_text_becomes_one_short_line(models, uplink):
    async with CodecPool(models("throw new Error('x\\n\\u0007'.repeat(5000));")) as pool:
        (outcome,) = await pool.decode([uplink("bad", 99)])
    assert len(outcome.message) <= 300
    assert outcome.message.isprintable()


async def test_downlink_data_that_is_not_json_is_reported(models):
    async with CodecPool(models("")) as pool:
        assert (await pool.encode("good", {"what": object()})).code == "bad_input"


async def test_numbers_beyond_64_bits_travel_without_harm(models):
    async with CodecPool(models("")) as pool:
        assert (await pool.encode("good", {"n": 10**30})).code == "not_supported"


async def test_an_encoder_with_bytes_out_of_range_is_reported(model_of):
    source = "function encodeDownlink(input) { return { bytes: [256], fPort: 1 }; }"
    async with CodecPool({"m": model_of(source, "m")}) as pool:
        assert (await pool.encode("m", {})).code == "bad_result"


async def test_recv_time_is_a_date(model_of, uplink):
    source = "function decodeUplink(input) { return { data: { t: input.recvTime.toISOString() } }; }"
    async with CodecPool({"m": model_of(source, "m")}) as pool:
        (outcome,) = await pool.decode([uplink("m")])
    assert outcome.data == {"t": "2026-01-15T08:00:00.000Z"}


async def test_a_closed_pool_is_unavailable(models, uplink):
    pool = CodecPool(models(""))
    with pytest.raises(Unavailable):
        await pool.decode([uplink("good")])
    await pool.start()
    assert await pool.decode([]) == []
    await pool.close()
    with pytest.raises(Unavailable):
        await pool.encode("good", {})
    assert pool.worker_pids == []


async def test_closing_ends_a_call_under_way(models, uplink):
    pool = CodecPool(models(UNINTERRUPTIBLE), hard_limit_s=60)
    await pool.start()
    (pid,) = pool.worker_pids
    under_way = asyncio.create_task(pool.decode([uplink("bad", 99)]))
    waiting = asyncio.create_task(pool.decode([uplink("good")]))
    await asyncio.sleep(0.05)
    await pool.close()
    with pytest.raises(Unavailable):
        await under_way
    with pytest.raises(Unavailable):
        await waiting
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_a_cancelled_call_leaves_a_pool_that_works(models, uplink):
    async with CodecPool(models(UNINTERRUPTIBLE), hard_limit_s=60) as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await pool.decode([uplink("bad", 99)])
        assert await pool.decode([uplink("good")]) == [GOOD_ANSWER]


async def test_two_workers_answer_while_one_is_stuck(models, uplink):
    async with CodecPool(models(UNINTERRUPTIBLE), workers=2, hard_limit_s=60) as pool:
        stuck = asyncio.create_task(pool.decode([uplink("bad", 99)]))
        await asyncio.sleep(0.05)
        assert await pool.decode([uplink("good")]) == [GOOD_ANSWER]
        assert not stuck.done()
        stuck.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stuck


async def test_a_pool_without_workers_to_be_had_answers_so(models, uplink, monkeypatch):
    monkeypatch.setattr(link.sys, "executable", "/nonexistent/python")
    async with CodecPool(models("")) as pool:
        (outcome,) = await pool.decode([uplink("good")])
        assert outcome.code == "worker_unavailable"
        monkeypatch.undo()
        assert await pool.decode([uplink("good")]) == [GOOD_ANSWER]


async def test_the_worker_ends_with_the_end_of_its_input(models):
    pool = CodecPool(models(""))
    await pool.start()
    (worker,) = pool._links
    worker._process.stdin.close()
    async with asyncio.timeout(5):
        assert await worker._process.wait() == 0
    await pool.close()


async def test_the_worker_imports_nothing_of_django():
    code = "import sys, maillage.lorawan.codecs.worker as w; print('django' in sys.modules, w.__name__)"
    process = await asyncio.create_subprocess_exec(link.sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert output.decode().strip() == "False maillage.lorawan.codecs.worker"
