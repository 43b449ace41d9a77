from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.codecs.sandbox import Sandbox
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded
from maillage.lorawan.codecs.wire import Limits

NOW = datetime(2026, 1, 15, 8, 0, tzinfo=UTC)
MODELS = load_models()
SANDBOXES = {
    key: Sandbox(model.codec_source, tuple(model.measures), Limits(0.05, 16 * 1024**2)) for key, model in MODELS.items()
}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(sorted(MODELS)), st.integers(0, 255), st.binary(max_size=242)), max_size=40))
def test_random_bytes_are_decoded_or_refused_and_nothing_else(frames):
    for key, f_port, payload in frames:
        item = CodecInput(key, f_port, payload, NOW)
        (outcome,) = SANDBOXES[key].decode([item])
        if isinstance(outcome, CodecFailure):
            assert outcome.code == "refused"
        else:
            assert isinstance(outcome, Decoded)
            assert all(isinstance(value, float) for value in outcome.measures.values())
