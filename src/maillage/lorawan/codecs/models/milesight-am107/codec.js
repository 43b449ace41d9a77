// Milesight AM107 ambience sensor: channel byte, type byte, value; little-endian.
// Byte format: Milesight, "AM100 Series User Guide", chapter "Sensor Payload".

function u16(b, i) { return b[i] | (b[i + 1] << 8); }
function i16(b, i) { return (u16(b, i) << 16) >> 16; }
function hex(b, i, length) {
  var text = "";
  for (var k = i; k < i + length; k++) text += (b[k] < 16 ? "0" : "") + b[k].toString(16);
  return text;
}

// (channel << 8 | type) -> [length, reader]
var FIELDS = {
  0x0175: [1, function (b, i, d) { d.battery = b[i]; }],
  0x0367: [2, function (b, i, d) { d.temperature = i16(b, i) / 10; }],
  0x0468: [1, function (b, i, d) { d.humidity = b[i] / 2; }],
  0x056a: [2, function (b, i, d) { d.activity = u16(b, i); }],
  0x0665: [6, function (b, i, d) {
    d.illumination = u16(b, i);
    d.infrared_and_visible = u16(b, i + 2);
    d.infrared = u16(b, i + 4);
  }],
  0x077d: [2, function (b, i, d) { d.co2 = u16(b, i); }],
  0x087d: [2, function (b, i, d) { d.tvoc = u16(b, i); }],
  0x0973: [2, function (b, i, d) { d.pressure = u16(b, i) / 10; }],
  0xff01: [1, function (b, i, d) { d.protocol_version = b[i]; }],
  0xff09: [2, function (b, i, d) { d.hardware_version = b[i] + "." + (b[i + 1] >> 4); }],
  0xff0a: [2, function (b, i, d) { d.software_version = b[i] + "." + hex(b, i + 1, 1); }],
  0xff0b: [1, function (b, i, d) { d.power_on = true; }],
  0xff0f: [1, function (b, i, d) { d.device_class = "ABC".charAt(b[i]) || "unknown"; }],
  0xff18: [2, function (b, i, d) { d.sensors_enabled = b[i + 1]; }],
};

// The serial number has 6 bytes on the first AM107 and 8 on later ones: what follows tells.
function serialLength(b, i) {
  var sixFits = b.length === i + 6 || FIELDS[(b[i + 6] << 8) | b[i + 7]] !== undefined;
  return sixFits ? 6 : 8;
}

function fieldAt(b, i) {
  if (b[i] === 0xff && b[i + 1] === 0x16) {
    var length = serialLength(b, i + 2);
    return [length, function (bytes, k, d) { d.serial_number = hex(bytes, k, length); }];
  }
  return FIELDS[(b[i] << 8) | b[i + 1]];
}

function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  var problem = null;
  for (var i = 0; i < b.length && !problem; ) {
    var field = i + 1 < b.length ? fieldAt(b, i) : undefined;
    if (!field) problem = "unknown channel at byte " + i + ": " + hex(b, i, Math.min(2, b.length - i));
    else if (i + 2 + field[0] > b.length) problem = "channel " + hex(b, i, 2) + " is cut short";
    else {
      field[1](b, i + 2, data);
      i += 2 + field[0];
    }
  }
  if (Object.keys(data).length === 0) return { errors: [problem || "empty payload"] };
  return problem ? { data: data, warnings: [problem + ", the rest is ignored"] } : { data: data };
}

var QUANTITIES = {
  air_temperature: "temperature",
  relative_humidity: "humidity",
  motion: "activity",
  illuminance: "illumination",
  co2: "co2",
  tvoc: "tvoc",
  barometric_pressure: "pressure",
  battery_level: "battery",
};

function normalizeUplink(input) {
  var out = {};
  for (var quantity in QUANTITIES) {
    var value = input.data[QUANTITIES[quantity]];
    if (value !== undefined) out[quantity] = value;
  }
  return { data: out };
}

function encodeDownlink(input) {
  var d = input.data;
  var names = Object.keys(d);
  var bytes = [];
  if (names.length === 0) return { errors: ["no request given"] };
  for (var n = 0; n < names.length; n++) {
    var name = names[n];
    if (name === "report_interval") {
      if (typeof d[name] !== "number" || d[name] % 1 !== 0 || d[name] < 60 || d[name] > 64800) {
        return { errors: ["report_interval must be a whole number from 60 to 64800 s, got " + JSON.stringify(d[name])] };
      }
      bytes.push(0xff, 0x03, d[name] & 0xff, d[name] >> 8);
    } else if (name === "reboot") {
      if (d[name] !== true) return { errors: ["reboot must be true"] };
      bytes.push(0xff, 0x10, 0xff);
    } else return { errors: ["unknown request " + name] };
  }
  return { bytes: bytes, fPort: 85 };
}

function decodeDownlink(input) {
  var b = input.bytes;
  var data = {};
  for (var i = 0; i < b.length; ) {
    var code = (b[i] << 8) | b[i + 1];
    if (code === 0xff03 && i + 4 <= b.length) {
      data.report_interval = u16(b, i + 2);
      i += 4;
    } else if (code === 0xff10 && i + 3 <= b.length) {
      data.reboot = true;
      i += 3;
    } else return { errors: ["unknown request at byte " + i] };
  }
  return { data: data };
}
