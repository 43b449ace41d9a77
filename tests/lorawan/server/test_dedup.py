from maillage.lorawan.server.dedup import DedupWindow


def test_a_window_closes_200_ms_after_the_first_copy_and_oldest_first():
    window = DedupWindow[str](0.2)
    window.open(b"a", "first", 10.0)
    window.open(b"b", "second", 10.1)
    assert window.close_due(10.19) == []
    assert window.close_due(10.2) == ["first"]
    assert b"a" not in window
    assert window.close_due(10.5) == ["second"]


def test_a_refused_frame_is_remembered_for_the_window_and_then_dropped():
    window = DedupWindow[str](0.2)
    window.open(b"bad", None, 10.0)
    assert b"bad" in window
    assert window.get(b"bad") is None
    assert window.close_due(11.0) == []
    assert len(window) == 0
