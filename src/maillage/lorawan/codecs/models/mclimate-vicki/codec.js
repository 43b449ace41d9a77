// MClimate Vicki radiator valve. Byte format: MClimate, "Vicki LoRaWAN Device communication protocol".

// The device appends a keep-alive to every answer; a keep-alive is always the last nine bytes.
var KEEPALIVE_LENGTH = 9;
var KEEPALIVE_OLD_SENSOR = 0x01; // firmware before 3.5
var KEEPALIVE = 0x81;
var OPERATIONAL_MODES = ["manual", "automatic", "automatic_external_temperature"];

function round(value, decimals) {
  return Number(value.toFixed(decimals));
}

function temperatureCelsius(raw, reason) {
  return reason === KEEPALIVE_OLD_SENSOR ? (raw * 165) / 256 - 40 : (raw - 28.33333) / 5.66666;
}

function readKeepalive(b, at, data) {
  data.reason = b[at];
  data.targetTemperature = b[at + 1];
  data.sensorTemperature = round(temperatureCelsius(b[at + 2], b[at]), 2);
  data.relativeHumidity = round((b[at + 3] * 100) / 256, 2);
  data.motorRange = b[at + 5] | ((b[at + 6] & 0x0f) << 8);
  data.motorPosition = b[at + 4] | ((b[at + 6] >> 4) << 8);
  data.batteryVoltage = round(2 + (b[at + 7] >> 4) * 0.1, 1);
  data.openWindow = (b[at + 7] & 0x08) !== 0;
  data.highMotorConsumption = (b[at + 7] & 0x04) !== 0;
  data.lowMotorConsumption = (b[at + 7] & 0x02) !== 0;
  data.brokenSensor = (b[at + 7] & 0x01) !== 0;
  data.childLock = (b[at + 8] & 0x80) !== 0;
  if (b[at] === KEEPALIVE_OLD_SENSOR) return; // bits 6:0 are reserved in that firmware
  data.calibrationFailed = (b[at + 8] & 0x40) !== 0;
  data.attachedBackplate = (b[at + 8] & 0x20) !== 0;
  data.perceiveAsOnline = (b[at + 8] & 0x10) !== 0;
  data.antiFreezeProtection = (b[at + 8] & 0x08) !== 0;
}

// Answers to requests: code -> [argument bytes, reader(bytes, index of first argument, data)]
var ANSWERS = {
  0x04: [2, function (b, i, data) {
    data.hardwareVersion = (b[i] >> 4) + "." + (b[i] & 0x0f);
    data.softwareVersion = (b[i + 1] >> 4) + "." + (b[i + 1] & 0x0f);
  }],
  0x12: [1, function (b, i, data) { data.keepAliveTime = b[i]; }],
  0x14: [1, function (b, i, data) { data.childLockSetting = b[i] === 1; }],
  0x15: [2, function (b, i, data) { data.temperatureRange = { min: b[i], max: b[i + 1] }; }],
  0x18: [1, function (b, i, data) { data.operationalMode = OPERATIONAL_MODES[b[i]] || "unknown"; }],
  0x19: [1, function (b, i, data) { data.joinRetryPeriodMinutes = (b[i] * 5) / 60; }],
  0x1b: [1, function (b, i, data) { data.confirmedUplinks = b[i] === 1; }],
  0x28: [1, function (b, i, data) { data.manualTargetTemperature = b[i]; }],
};

function readAnswers(b, end, data) {
  var i = 0;
  while (i < end) {
    var answer = ANSWERS[b[i]];
    if (!answer) return "unknown answer 0x" + b[i].toString(16) + ", the rest of the answers is ignored";
    if (i + 1 + answer[0] > end) return "answer 0x" + b[i].toString(16) + " is cut short";
    answer[1](b, i + 1, data);
    i += 1 + answer[0];
  }
  return null;
}

function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  var keepaliveAt = b.length - KEEPALIVE_LENGTH;
  var hasKeepalive =
    keepaliveAt >= 0 && (b[keepaliveAt] === KEEPALIVE || b[keepaliveAt] === KEEPALIVE_OLD_SENSOR);
  if (b.length === 0) return { errors: ["empty payload"] };
  if (!hasKeepalive && (b[0] === KEEPALIVE || b[0] === KEEPALIVE_OLD_SENSOR)) {
    return { errors: ["keep-alive of " + b.length + " bytes, expected " + KEEPALIVE_LENGTH] };
  }
  var warning = readAnswers(b, hasKeepalive ? keepaliveAt : b.length, data);
  if (hasKeepalive) readKeepalive(b, keepaliveAt, data);
  if (warning && !hasKeepalive && Object.keys(data).length === 0) return { errors: [warning] };
  return warning ? { data: data, warnings: [warning] } : { data: data };
}

// Position 0 is fully open: calibration drives the motor to the closed end, which is motorRange.
function valveOpening(data) {
  var open = 1 - data.motorPosition / data.motorRange;
  return round(Math.min(Math.max(open, 0), 1) * 100, 1);
}

function normalizeUplink(input) {
  var d = input.data;
  var out = {};
  if (d.reason === undefined) return { data: out };
  out.target_temperature = d.targetTemperature;
  if (!d.brokenSensor) out.air_temperature = d.sensorTemperature;
  out.relative_humidity = d.relativeHumidity;
  if (d.motorRange > 0) out.valve_opening = valveOpening(d);
  out.battery_voltage = d.batteryVoltage;
  out.open_window = d.openWindow ? 1 : 0;
  out.child_lock = d.childLock ? 1 : 0;
  return { data: out };
}

function requireInteger(name, value, min, max, unit) {
  if (typeof value !== "number" || Math.floor(value) !== value || value < min || value > max) {
    throw name + " must be a whole number from " + min + " to " + max + (unit ? " " + unit : "") +
      ", got " + JSON.stringify(value);
  }
  return value;
}

function requireBoolean(name, value) {
  if (typeof value !== "boolean") throw name + " must be true or false, got " + JSON.stringify(value);
  return value ? 1 : 0;
}

function requireRange(name, value, min, max) {
  if (value === null || typeof value !== "object") throw name + " must be an object with min and max";
  requireInteger(name + ".min", value.min, min, max, "°C");
  requireInteger(name + ".max", value.max, min, max, "°C");
  if (value.min >= value.max) throw name + ".min must be below " + name + ".max";
  return [value.min, value.max];
}

function requireMode(name, value) {
  var index = OPERATIONAL_MODES.indexOf(value);
  if (index < 0) throw name + " must be one of " + OPERATIONAL_MODES.join(", ");
  return index;
}

// A request without arguments is asked for with `true`.
function bare(code) {
  return {
    code: code,
    length: 0,
    write: function (name, value) {
      if (value !== true) throw name + " must be true";
      return [];
    },
    read: function () { return true; },
  };
}

function flag(code) {
  return {
    code: code,
    length: 1,
    write: function (name, value) { return [requireBoolean(name, value)]; },
    read: function (b, i) { return b[i] === 1; },
  };
}

function whole(code, min, max, unit) {
  return {
    code: code,
    length: 1,
    write: function (name, value) { return [requireInteger(name, value, min, max, unit)]; },
    read: function (b, i) { return b[i]; },
  };
}

var REQUESTS = {
  setKeepAlive: whole(0x02, 1, 255, "minutes"),
  recalibrateMotor: bare(0x03),
  getDeviceVersions: bare(0x04),
  setChildLock: flag(0x07),
  setTemperatureRange: {
    code: 0x08,
    length: 2,
    write: function (name, value) { return requireRange(name, value, 5, 30); },
    read: function (b, i) { return { min: b[i], max: b[i + 1] }; },
  },
  forceClose: bare(0x0b),
  setOperationalMode: {
    code: 0x0d,
    length: 1,
    write: function (name, value) { return [requireMode(name, value)]; },
    read: function (b, i) { return OPERATIONAL_MODES[b[i]] || "unknown"; },
  },
  setTargetTemperature: whole(0x0e, 5, 30, "°C"),
  setExternalTemperature: whole(0x0f, 0, 60, "°C"),
  setJoinRetryPeriod: {
    code: 0x10,
    length: 1,
    write: function (name, value) { return [(requireInteger(name, value, 1, 21, "minutes") * 60) / 5]; },
    read: function (b, i) { return (b[i] * 5) / 60; },
  },
  setConfirmedUplinks: flag(0x11),
  getKeepAlive: bare(0x12),
  getChildLock: bare(0x14),
  getTemperatureRange: bare(0x15),
  getOperationalMode: bare(0x18),
  getJoinRetryPeriod: bare(0x19),
  getConfirmedUplinks: bare(0x1b),
  setMotorPosition: {
    code: 0x2d,
    length: 2,
    write: function (name, value) {
      requireInteger(name, value, 0, 800, "steps");
      return [value >> 8, value & 0xff];
    },
    read: function (b, i) { return (b[i] << 8) | b[i + 1]; },
  },
  resetDevice: bare(0x30),
  setTargetTemperaturePrecisely: {
    code: 0x51, // tenths of a degree; recent firmware only
    length: 2,
    write: function (name, value) {
      var tenths = typeof value === "number" ? Math.round(value * 10) : NaN;
      if (!(tenths >= 50 && tenths <= 300)) {
        throw name + " must be from 5 to 30 °C, got " + JSON.stringify(value);
      }
      return [tenths >> 8, tenths & 0xff];
    },
    read: function (b, i) { return ((b[i] << 8) | b[i + 1]) / 10; },
  },
};

function encodeDownlink(input) {
  var names = Object.keys(input.data);
  var bytes = [];
  if (names.length === 0) return { errors: ["no request given"] };
  for (var n = 0; n < names.length; n++) {
    var request = Object.prototype.hasOwnProperty.call(REQUESTS, names[n]) ? REQUESTS[names[n]] : null;
    if (!request) return { errors: ["unknown request " + names[n]] };
    try {
      bytes = bytes.concat(request.code, request.write(names[n], input.data[names[n]]));
    } catch (problem) {
      return { errors: [String(problem)] };
    }
  }
  return { bytes: bytes, fPort: 1 };
}

function requestNameOf(code) {
  for (var name in REQUESTS) if (REQUESTS[name].code === code) return name;
  return null;
}

function decodeDownlink(input) {
  var b = input.bytes;
  var data = {};
  for (var i = 0; i < b.length; ) {
    var name = requestNameOf(b[i]);
    if (!name) return { errors: ["unknown request 0x" + b[i].toString(16)] };
    if (i + 1 + REQUESTS[name].length > b.length) return { errors: [name + " is cut short"] };
    data[name] = REQUESTS[name].read(b, i + 1);
    i += 1 + REQUESTS[name].length;
  }
  return { data: data };
}
