// Dragino LT-22222-L and LT-33222-L input/output controllers.
// Byte format: Dragino, "LT Series LoRa IO Controller User Manual", uplink and downlink payload chapters.

var PAYLOAD_LENGTH = 11;
var LT22222 = 0x40; // in the last byte; clear on the LT-33222-L
var WORK_MODES = [
  "",
  "2ACI+2AVI",
  "Count mode 1",
  "2ACI+1Count",
  "Count mode 2",
  "1ACI+2AVI+1Count",
];

function u16(b, i) { return (b[i] << 8) | b[i + 1]; }
function i16(b, i) { return (u16(b, i) << 16) >> 16; }
function u32(b, i) { return u16(b, i) * 65536 + u16(b, i + 2); }
function level(high) { return high ? "H" : "L"; }

var INPUTS = {
  1: function (b, d) {
    d.AVI1_V = i16(b, 0) / 1000;
    d.AVI2_V = i16(b, 2) / 1000;
    d.ACI1_mA = i16(b, 4) / 1000;
    d.ACI2_mA = i16(b, 6) / 1000;
    d.DI1_status = level(b[8] & 0x08);
    d.DI2_status = level(b[8] & 0x10);
    if ((b[10] & LT22222) === 0) d.DI3_status = level(b[8] & 0x20);
  },
  2: function (b, d) {
    d.Count1_times = u32(b, 0);
    d.Count2_times = u32(b, 4);
  },
  3: function (b, d) {
    d.Count1_times = u32(b, 0);
    d.ACI1_mA = i16(b, 4) / 1000;
    d.ACI2_mA = i16(b, 6) / 1000;
  },
  4: function (b, d) {
    d.Count1_times = u32(b, 0);
    d.AVI1_Count_times = u32(b, 4);
  },
  5: function (b, d) {
    d.AVI1_V = i16(b, 0) / 1000;
    d.AVI2_V = i16(b, 2) / 1000;
    d.ACI1_mA = i16(b, 4) / 1000;
    d.Count1_times = u16(b, 6);
  },
};

function readOutputs(b, d) {
  var isLt22222 = (b[10] & LT22222) !== 0;
  d.Hardware_mode = isLt22222 ? "LT22222" : "LT33222";
  d.RO1_status = b[8] & 0x80 ? "ON" : "OFF";
  d.RO2_status = b[8] & 0x40 ? "ON" : "OFF";
  // the digital outputs are open drain: the bit says that the output pulls low
  d.DO1_status = level(!(b[8] & 0x01));
  d.DO2_status = level(!(b[8] & 0x02));
  if (!isLt22222) d.DO3_status = level(!(b[8] & 0x04));
}

function decodeUplink(input) {
  var b = input.bytes;
  if (input.fPort !== 2) return { errors: ["unknown FPort"] };
  if (b.length !== PAYLOAD_LENGTH) {
    return { errors: ["payload of " + b.length + " bytes, expected " + PAYLOAD_LENGTH] };
  }
  var mode = b[10] & 0x3f;
  if (!INPUTS[mode]) return { errors: ["working mode " + mode + " is not supported"] };
  var data = { Work_mode: WORK_MODES[mode] };
  INPUTS[mode](b, data);
  readOutputs(b, data);
  return { data: data };
}

function bit(status, one) {
  return status === one ? 1 : 0;
}

function normalizeUplink(input) {
  var d = input.data;
  var out = { relay_1: bit(d.RO1_status, "ON"), relay_2: bit(d.RO2_status, "ON") };
  if (d.DI1_status) out.digital_input_1 = bit(d.DI1_status, "H");
  if (d.DI2_status) out.digital_input_2 = bit(d.DI2_status, "H");
  out.digital_output_1 = bit(d.DO1_status, "H");
  out.digital_output_2 = bit(d.DO2_status, "H");
  if (d.AVI1_V !== undefined) out.analog_voltage_1 = d.AVI1_V;
  if (d.AVI2_V !== undefined) out.analog_voltage_2 = d.AVI2_V;
  if (d.ACI1_mA !== undefined) out.analog_current_1 = d.ACI1_mA;
  if (d.ACI2_mA !== undefined) out.analog_current_2 = d.ACI2_mA;
  return { data: out };
}

var RELAY = { on: 0x01, off: 0x00 };
var NO_ACTION = 0x11;

function relayByte(name, value) {
  if (value === undefined) return NO_ACTION;
  if (!Object.prototype.hasOwnProperty.call(RELAY, value)) {
    throw name + ' must be "on" or "off", got ' + JSON.stringify(value);
  }
  return RELAY[value];
}

function relayBytes(d) {
  if (d.relay_1 === undefined && d.relay_2 === undefined) return [];
  return [0x03, relayByte("relay_1", d.relay_1), relayByte("relay_2", d.relay_2)];
}

function periodBytes(period) {
  if (period === undefined) return [];
  if (typeof period !== "number" || period % 1 !== 0 || period < 5 || period > 0xffffff) {
    throw "uplink_period_s must be a whole number from 5 to 16777215, got " + JSON.stringify(period);
  }
  return [0x01, period >> 16, (period >> 8) & 0xff, period & 0xff];
}

var REQUESTS = ["relay_1", "relay_2", "uplink_period_s", "poll"];

// The device executes one command a downlink.
function encodeDownlink(input) {
  var d = input.data;
  for (var name in d) if (REQUESTS.indexOf(name) < 0) return { errors: ["unknown request " + name] };
  try {
    var commands = [relayBytes(d), periodBytes(d.uplink_period_s), d.poll === true ? [0x08, 0xff] : []];
    var given = commands.filter(function (command) { return command.length > 0; });
    if (given.length !== 1) return { errors: ["give exactly one of: relays, uplink_period_s, poll"] };
    return { bytes: given[0], fPort: 2 };
  } catch (problem) {
    return { errors: [String(problem)] };
  }
}

function readRelay(data, name, value) {
  if (value === 0x01) data[name] = "on";
  if (value === 0x00) data[name] = "off";
}

function decodeDownlink(input) {
  var b = input.bytes;
  var data = {};
  if (b[0] === 0x03 && b.length === 3) {
    readRelay(data, "relay_1", b[1]);
    readRelay(data, "relay_2", b[2]);
  } else if (b[0] === 0x01 && b.length === 4) data.uplink_period_s = (b[1] << 16) | u16(b, 2);
  else if (b[0] === 0x08 && b.length === 2) data.poll = true;
  else return { errors: ["unknown request"] };
  return { data: data };
}
