from tests.lorawan.radio_side import JOIN_EUI, FakeDevice

from maillage.lorawan.server.registry import DeviceState, Registry, SessionState


def session_of(registry: Registry, number: int) -> SessionState:
    fake = FakeDevice(number)
    device = DeviceState(fake.dev_eui, 1, JOIN_EUI.hex(), fake.app_key, "elsys-ers", 0, -1)
    device.session = SessionState(device, fake.dev_addr, fake.crypto, -1, 0, 1)
    registry.put_device(device)
    return device.session


def test_only_so_many_sessions_keep_their_aes_contexts_however_often_they_come_back():
    registry = Registry(live_contexts=2)
    sessions = [session_of(registry, number) for number in range(1, 6)]
    for _ in range(3):
        for session in sessions:
            session.crypto.uplink_mic(0, 0, b"")
            registry.keep_context(session.crypto)
    assert sum(session.crypto._mac is not None for session in sessions) == 2


def test_a_device_that_is_removed_takes_its_session_with_it():
    registry = Registry()
    session = session_of(registry, 1)
    registry.remove_device(session.device.dev_eui)
    assert registry.candidates(session.dev_addr) == ()
    assert not registry.is_taken(session.dev_addr)


def test_a_new_description_of_a_device_keeps_its_session():
    registry = Registry()
    session = session_of(registry, 1)
    fresh = DeviceState(session.device.dev_eui, 2, JOIN_EUI.hex(), bytes(16), "mclimate-vicki", 0, -1)
    registry.put_device(fresh)
    device = registry.devices[session.device.dev_eui]
    assert (device.organisation_id, device.model_key, device.session) == (2, "mclimate-vicki", session)
