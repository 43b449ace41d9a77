"""What is silent and why: one alarm a cause, not one a device."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from maillage.command.alarms.engine.silence import DEVICE, GATEWAY, NETWORK, Device, Gateway, device_key, examine

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=30)
OPERATOR, TOWN, OTHER = 1, 2, 3


def device(name, minutes_ago, gateways=("g1",), organisation=TOWN, patience=30):
    return Device(name, organisation, name, NOW - minutes_ago * MINUTE, patience * MINUTE, tuple(gateways))


def gateway(eui, minutes_ago):
    return Gateway(eui, OPERATOR, eui.upper(), NOW - minutes_ago * MINUTE)


def found(devices, gateways, back=None, since=LONG_AGO):
    return examine(devices, gateways, back or {}, since, NOW)


def test_a_silent_device_is_an_alarm_of_its_own():
    findings = found([device("d1", 60)], [gateway("g1", 1), gateway("g2", 1)])
    ((key, cause),) = findings.wanted.items()
    assert key == (TOWN, device_key("d1"))
    assert (cause.code, cause.severity, cause.rhythm, cause.since) == (
        DEVICE,
        "warning",
        10 * MINUTE,
        NOW - 30 * MINUTE,
    )


def test_a_silent_gateway_explains_its_three_hundred_devices():
    devices = [device(f"d{number}", 70, organisation=TOWN if number < 200 else OTHER) for number in range(300)]
    findings = found(devices, [gateway("g1", 65), gateway("g2", 1)])
    assert {key: (cause.code, cause.severity, cause.explains) for key, cause in findings.wanted.items()} == {
        (OPERATOR, f"{GATEWAY}:g1"): (GATEWAY, "critical", 300),
        (TOWN, f"{GATEWAY}:g1"): (GATEWAY, "warning", 200),
        (OTHER, f"{GATEWAY}:g1"): (GATEWAY, "warning", 100),
    }
    assert findings.explained[TOWN, device_key("d0")] == "G1"


def test_a_device_that_another_gateway_hears_is_not_explained():
    findings = found([device("d1", 60, ["g1", "g2"])], [gateway("g1", 65), gateway("g2", 1)])
    assert (TOWN, device_key("d1")) in findings.wanted


def test_a_device_that_was_silent_before_its_gateway_is_not_explained():
    findings = found([device("d1", 600)], [gateway("g1", 10), gateway("g2", 1)])
    assert (TOWN, device_key("d1")) in findings.wanted


def test_when_no_gateway_is_heard_it_is_the_network():
    findings = found([device("d1", 60), device("d2", 60, ["g2"])], [gateway("g1", 60), gateway("g2", 61)])
    assert {key: (cause.code, cause.explains) for key, cause in findings.wanted.items()} == {
        (OPERATOR, NETWORK): (NETWORK, 0),
        (TOWN, NETWORK): (NETWORK, 2),
    }


def test_a_gateway_that_came_back_gives_its_devices_time_to_speak():
    devices, gateways = [device("d1", 300)], [gateway("g1", 1), gateway("g2", 1)]
    assert found(devices, gateways, {"g1": NOW - 10 * MINUTE}).undecided == {(TOWN, device_key("d1"))}
    assert not found(devices, gateways, {"g1": NOW - 40 * MINUTE}).undecided


def test_what_nobody_listened_to_is_not_silent():
    devices, gateways = [device("d1", 300)], [gateway("g1", 1), gateway("g2", 1)]
    findings = found(devices, gateways, since=NOW - 10 * MINUTE)
    assert (findings.wanted, findings.undecided) == ({}, {(TOWN, device_key("d1"))})


DEVICES = st.lists(
    st.tuples(st.integers(31, 900), st.sets(st.sampled_from(["g1", "g2", "g3"])), st.sampled_from([TOWN, OTHER])),
    max_size=20,
)


@given(DEVICES, st.tuples(*[st.integers(0, 200)] * 3))
def test_every_silent_device_is_told_of_exactly_once_in_its_organisation(devices, seen):
    silent = [device(f"d{n}", ago, sorted(by), owner) for n, (ago, by, owner) in enumerate(devices)]
    findings = found(silent, [gateway(f"g{n + 1}", ago) for n, ago in enumerate(seen)])
    for one in silent:
        key = (one.organisation_id, device_key(one.dev_eui))
        assert (key in findings.wanted) + (key in findings.explained) + (key in findings.undecided) == 1
    for organisation in (TOWN, OTHER):
        behind = sum(cause.explains for (owner, _), cause in findings.wanted.items() if owner == organisation)
        assert behind == sum(1 for owner, _ in findings.explained if owner == organisation)
