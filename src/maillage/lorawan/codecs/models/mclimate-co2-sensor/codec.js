// MClimate CO2 sensor. Byte format: MClimate, "CO2 Sensor LoRaWAN Device communication protocol", keep-alive.

var KEEPALIVE = 0x01;
var KEEPALIVE_LENGTH = 7;

function round(value, decimals) { return Number(value.toFixed(decimals)); }

// The device appends a keep-alive to every answer; it is always the last seven bytes.
function decodeUplink(input) {
  var b = input.bytes;
  var at = b.length - KEEPALIVE_LENGTH;
  if (at < 0 || b[at] !== KEEPALIVE) return { errors: ["no keep-alive in " + b.length + " bytes"] };
  var data = {
    co2: (b[at + 1] << 8) | b[at + 2],
    temperature: round((((b[at + 3] << 8) | b[at + 4]) - 400) / 10, 2),
    humidity: round((b[at + 5] * 100) / 256, 2),
    battery: round((b[at + 6] * 8 + 1600) / 1000, 2),
  };
  return at === 0 ? { data: data } : { data: data, warnings: ["answers before the keep-alive are ignored"] };
}

function normalizeUplink(input) {
  var d = input.data;
  return {
    data: {
      co2: d.co2,
      air_temperature: d.temperature,
      relative_humidity: d.humidity,
      battery_voltage: d.battery,
    },
  };
}
