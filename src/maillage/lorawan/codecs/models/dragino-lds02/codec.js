// Dragino LDS02 door sensor. Byte format: Dragino, "LDS02 LoRaWAN Door Sensor User Manual", uplink payload.

var PAYLOAD_LENGTH = 10;

function u24(b, i) { return (b[i] << 16) | (b[i + 1] << 8) | b[i + 2]; }

function decodeUplink(input) {
  var b = input.bytes;
  if (input.fPort !== 10) return { errors: ["unknown FPort"] };
  if (b.length < 3) return { errors: ["payload of " + b.length + " bytes is cut short"] };
  var data = {
    BAT_V: (((b[0] << 8) | b[1]) & 0x3fff) / 1000,
    MOD: b[2],
    DOOR_OPEN_STATUS: b[0] & 0x80 ? 1 : 0,
    DOOR_OPEN_TIMES: u24(b, 3),
    LAST_DOOR_OPEN_DURATION: u24(b, 6),
    ALARM: b[9] & 0x01,
  };
  if (b.length >= PAYLOAD_LENGTH) return { data: data };
  return { data: data, warnings: ["payload of " + b.length + " bytes, the missing ones are read as zero"] };
}

function normalizeUplink(input) {
  var d = input.data;
  return {
    data: { door_open: d.DOOR_OPEN_STATUS, door_openings: d.DOOR_OPEN_TIMES, battery_voltage: d.BAT_V },
  };
}
