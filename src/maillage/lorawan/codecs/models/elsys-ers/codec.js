// Elsys sensors (ERS family, ELT, EMS): one type byte, then a value whose length the type decides.
// Byte format: Elsys, "ELSYS LoRa payload" document. All numbers are big-endian.

function u16(b, i) { return (b[i] << 8) | b[i + 1]; }
function i16(b, i) { return (u16(b, i) << 16) >> 16; }
function i8(b, i) { return (b[i] << 24) >> 24; }
function u32(b, i) { return u16(b, i) * 65536 + u16(b, i + 2); }
function i32(b, i) { return u32(b, i) | 0; }
function i24(b, i) { return ((b[i] << 24) | (b[i + 1] << 16) | (b[i + 2] << 8)) >> 8; }

function plain(name, length, read) {
  return [length, function (b, i, data) { data[name] = read(b, i); }];
}
function byteOf(b, i) { return b[i]; }
function tenths(b, i) { return i16(b, i) / 10; }

var FIELDS = {
  0x01: plain("temperature", 2, tenths),
  0x02: plain("humidity", 1, byteOf),
  0x03: [3, function (b, i, data) {
    data.x = i8(b, i);
    data.y = i8(b, i + 1);
    data.z = i8(b, i + 2);
  }],
  0x04: plain("light", 2, u16),
  0x05: plain("motion", 1, byteOf),
  0x06: plain("co2", 2, u16),
  0x07: plain("vdd", 2, u16),
  0x08: plain("analog1", 2, u16),
  0x09: [6, function (b, i, data) {
    data.lat = i24(b, i) / 10000;
    data.long = i24(b, i + 3) / 10000;
  }],
  0x0a: plain("pulse1", 2, u16),
  0x0b: plain("pulseAbs", 4, u32),
  0x0c: plain("externalTemperature", 2, tenths),
  0x0d: plain("digital", 1, byteOf),
  0x0e: plain("distance", 2, u16),
  0x0f: plain("accMotion", 1, byteOf),
  0x10: [4, function (b, i, data) {
    data.irInternalTemperature = tenths(b, i);
    data.irExternalTemperature = tenths(b, i + 2);
  }],
  0x11: plain("occupancy", 1, byteOf),
  0x12: plain("waterleak", 1, byteOf),
  0x13: [65, function (b, i, data) {
    data.grideye = [];
    for (var pixel = 1; pixel < 65; pixel++) data.grideye.push(b[i] + b[i + pixel] / 10);
  }],
  0x14: plain("pressure", 4, function (b, i) { return i32(b, i) / 1000; }),
  0x15: [2, function (b, i, data) {
    data.soundPeak = b[i];
    data.soundAvg = b[i + 1];
  }],
  0x16: plain("pulse2", 2, u16),
  0x17: plain("pulseAbs2", 4, u32),
  0x18: plain("analog2", 2, u16),
  0x19: plain("externalTemperature2", 2, tenths),
  0x1a: plain("digital2", 1, byteOf),
  0x1b: plain("analogUv", 4, i32),
  0x1c: plain("tvoc", 2, u16),
};

function decodeUplink(input) {
  var b = input.bytes;
  var data = {};
  var problem = null;
  for (var i = 0; i < b.length && !problem; ) {
    var field = FIELDS[b[i]];
    if (!field) problem = "unknown type 0x" + b[i].toString(16) + " at byte " + i;
    else if (i + 1 + field[0] > b.length) problem = "type 0x" + b[i].toString(16) + " is cut short";
    else {
      field[1](b, i + 1, data);
      i += 1 + field[0];
    }
  }
  if (Object.keys(data).length === 0) return { errors: [problem || "empty payload"] };
  return problem ? { data: data, warnings: [problem + ", the rest is ignored"] } : { data: data };
}

// quantity <- [field, factor]
var QUANTITIES = {
  air_temperature: ["temperature", 1],
  relative_humidity: ["humidity", 1],
  illuminance: ["light", 1],
  motion: ["motion", 1],
  occupancy: ["occupancy", 1],
  co2: ["co2", 1],
  tvoc: ["tvoc", 1],
  battery_voltage: ["vdd", 0.001],
  barometric_pressure: ["pressure", 1],
  sound_level: ["soundAvg", 1],
  sound_level_peak: ["soundPeak", 1],
  water_leak: ["waterleak", 1],
  distance: ["distance", 1],
};

function normalizeUplink(input) {
  var out = {};
  for (var quantity in QUANTITIES) {
    var value = input.data[QUANTITIES[quantity][0]];
    if (value !== undefined) out[quantity] = Number((value * QUANTITIES[quantity][1]).toFixed(3));
  }
  return { data: out };
}
