// Decentlab DL-PM particulate matter sensor: version, device id, presence flags, then 16-bit words; big-endian.
// Byte format: Decentlab, "DL-PM" data sheet and payload description; conversions of the SHT21 and SPS30 sensors.

var HEADER_LENGTH = 5;

function u16(b, i) { return (b[i] << 8) | b[i + 1]; }
function value(name, unit, number) { return { displayName: name, unit: unit, value: number }; }

var MASS = "µg⋅m⁻³";
var COUNT = "1⋅cm⁻³";

// One entry a presence flag, lowest bit first: [words, reader(words, data)]
var SENSORS = [
  [1, function (w, d) { d.battery_voltage = value("Battery voltage", "V", w[0] / 1000); }],
  [10, function (w, d) {
    d.pm1_0_mass_concentration = value("PM1.0 mass concentration", MASS, w[0] / 10);
    d.pm2_5_mass_concentration = value("PM2.5 mass concentration", MASS, w[1] / 10);
    d.pm4_mass_concentration = value("PM4 mass concentration", MASS, w[2] / 10);
    d.pm10_mass_concentration = value("PM10 mass concentration", MASS, w[3] / 10);
    d.typical_particle_size = value("Typical particle size", "nm", w[4]);
    d.pm0_5_number_concentration = value("PM0.5 number concentration", COUNT, w[5] / 10);
    d.pm1_0_number_concentration = value("PM1.0 number concentration", COUNT, w[6] / 10);
    d.pm2_5_number_concentration = value("PM2.5 number concentration", COUNT, w[7] / 10);
    d.pm4_number_concentration = value("PM4 number concentration", COUNT, w[8] / 10);
    d.pm10_number_concentration = value("PM10 number concentration", COUNT, w[9] / 10);
  }],
  [2, function (w, d) {
    d.air_temperature = value("Air temperature", "°C", (175.72 * w[0]) / 65536 - 46.85);
    d.air_humidity = value("Air humidity", "%", (125 * w[1]) / 65536 - 6);
  }],
  [1, function (w, d) { d.barometric_pressure = value("Barometric pressure", "Pa", w[0] * 2); }],
];

function wordsAt(b, i, count) {
  var words = [];
  for (var k = 0; k < count; k++) words.push(u16(b, i + 2 * k));
  return words;
}

function decodeUplink(input) {
  var b = input.bytes;
  if (b.length < HEADER_LENGTH) return { errors: ["payload of " + b.length + " bytes is cut short"] };
  if (b[0] !== 2) return { errors: ["protocol version " + b[0] + " is not supported"] };
  var data = { protocol_version: b[0], device_id: u16(b, 1) };
  var flags = u16(b, 3);
  var at = HEADER_LENGTH;
  for (var s = 0; s < SENSORS.length; s++) {
    if (((flags >> s) & 1) === 0) continue;
    if (at + 2 * SENSORS[s][0] > b.length) return { errors: ["payload of " + b.length + " bytes is cut short"] };
    SENSORS[s][1](wordsAt(b, at, SENSORS[s][0]), data);
    at += 2 * SENSORS[s][0];
  }
  return { data: data };
}

// quantity <- [field, factor, decimals]
var QUANTITIES = {
  air_temperature: ["air_temperature", 1, 2],
  relative_humidity: ["air_humidity", 1, 2],
  barometric_pressure: ["barometric_pressure", 0.01, 2],
  battery_voltage: ["battery_voltage", 1, 3],
  pm1: ["pm1_0_mass_concentration", 1, 1],
  pm2_5: ["pm2_5_mass_concentration", 1, 1],
  pm4: ["pm4_mass_concentration", 1, 1],
  pm10: ["pm10_mass_concentration", 1, 1],
};

function normalizeUplink(input) {
  var out = {};
  for (var quantity in QUANTITIES) {
    var source = QUANTITIES[quantity];
    var field = input.data[source[0]];
    if (field !== undefined) out[quantity] = Number((field.value * source[1]).toFixed(source[2]));
  }
  return { data: out };
}

// CRC-16/MODBUS over command and parameter, sent high byte first.
function crc16(bytes) {
  var crc = 0xffff;
  for (var i = 0; i < bytes.length; i++) {
    crc ^= bytes[i];
    for (var bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}

// name -> [code, smallest parameter, largest parameter], or [code] where there is none
var COMMANDS = {
  reset: [0xfefe],
  "set period": [0x0001, 5, 65535],
  "set period + save": [0x0002, 5, 65535],
  "set adr off": [0x0007],
};

function parameterOf(name, range, parameter) {
  if (range.length === 1) return 0;
  if (typeof parameter !== "number" || parameter % 1 !== 0 || parameter < range[1] || parameter > range[2]) {
    throw name + " needs a whole parameter from " + range[1] + " to " + range[2] + " s, got " +
      JSON.stringify(parameter);
  }
  return parameter;
}

function encodeDownlink(input) {
  var name = input.data.command;
  if (!Object.prototype.hasOwnProperty.call(COMMANDS, name)) return { errors: ["unknown command " + name] };
  try {
    var code = COMMANDS[name][0];
    var parameter = parameterOf(name, COMMANDS[name], input.data.parameter);
    var bytes = [code >> 8, code & 0xff, parameter >> 8, parameter & 0xff];
    var crc = crc16(bytes);
    return { bytes: bytes.concat(crc >> 8, crc & 0xff), fPort: 1 };
  } catch (problem) {
    return { errors: [String(problem)] };
  }
}

function decodeDownlink(input) {
  var b = input.bytes;
  if (b.length !== 6) return { errors: ["command of " + b.length + " bytes, expected 6"] };
  if (crc16(b.slice(0, 4)) !== u16(b, 4)) return { errors: ["wrong CRC"] };
  for (var name in COMMANDS) {
    if (COMMANDS[name][0] !== u16(b, 0)) continue;
    return { data: COMMANDS[name].length > 1 ? { command: name, parameter: u16(b, 2) } : { command: name } };
  }
  return { errors: ["unknown command 0x" + u16(b, 0).toString(16)] };
}
