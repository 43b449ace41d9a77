"""Codecs that misbehave, each in its own way, on port 99."""

GOOD = """
function decodeUplink(input) {
  return { data: { n: input.bytes[0], list: [1, 2].map(function (x) { return x; }) } };
}
function normalizeUplink(input) { return { data: { air_temperature: input.data.n } }; }
"""


def on_port_99(statement):
    """A codec that runs ``statement`` for port 99 and is well-behaved otherwise."""
    return f"""
    function decodeUplink(input) {{
      if (input.fPort === 99) {{ {statement} }}
      return {{ data: {{ n: input.bytes[0] }} }};
    }}
    function normalizeUplink(input) {{ return {{ data: {{ air_temperature: input.data.n }} }}; }}
    """


# name -> (what it does on port 99, the code it is reported with)
STOPPED = {
    "endless loop": ("for (;;) {}", "time_limit"),
    "endless loop that catches": ("for (;;) { try { for (;;) {} } catch (e) {} }", "time_limit"),
    "catastrophic expression": ("/(a+)+$/.test('a'.repeat(60) + 'b');", "time_limit"),
    "memory bomb": ("var hoard = []; for (;;) hoard.push(new Array(1000).fill(1.5));", "memory_limit"),
    "one huge string": ("'x'.repeat(1 << 28);", "memory_limit"),
    "endless recursion": ("(function f() { return f() + 1; })();", "stack_limit"),
    "throws an error": ("throw new Error('no such thing');", "threw"),
    "throws null": ("throw null;", "threw"),
    "throws what cannot be told": ("throw { toString: function () { for (;;) {} } };", "time_limit"),
    "answers a number": ("return 5;", "bad_result"),
    "answers nothing": ("return;", "bad_result"),
    "answers no data": ("return {};", "bad_result"),
    "answers a promise": ("return Promise.resolve({ data: {} });", "bad_result"),
    "answers a list as data": ("return { data: [1] };", "bad_result"),
    "answers NaN": ("return { data: { n: NaN } };", "bad_result"),
    "answers Infinity": ("return { data: { n: 1, deep: [{ x: -Infinity }] } };", "bad_result"),
    "answers a circle": ("var d = { n: 1 }; d.self = d; return { data: d };", "bad_result"),
    "answers a BigInt": ("return { data: { n: 10n } };", "bad_result"),
    "answers half a character": ("return { data: { n: 1, s: '\\ud800' } };", "bad_result"),
    "answers far too much": ("return { data: { n: 1, s: 'x'.repeat(1000000) } };", "bad_result"),
    "answers too deep": (
        "var d = { n: 1 }; for (var i = 0; i < 1e5; i++) d = { d: d }; return { data: d };",
        None,
    ),
    "measures text": ("return { data: { n: 'warm' } };", "bad_result"),
    "breaks its own prototypes": (
        """Array.prototype.map = null; JSON.stringify = JSON.parse = function () { return 'pwned'; };
        Object.prototype.toJSON = function () { throw 1; }; Number.isFinite = null;""",
        "bad_result",
    ),
}

UNINTERRUPTIBLE = "var big = new Uint8Array(8e6); for (;;) big.sort();"
"""Stays in native code for long and evades the engine's clock: only a kill ends it."""
