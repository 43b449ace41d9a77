function decodeUplink(input) {
  if (input.fPort !== 1) return { errors: ["unknown port"] };
  return { data: { temperature: input.bytes[0] / 10, humidity: input.bytes[1], state: "off" } };
}

function normalizeUplink(input) {
  return { data: [{ air: { temperature: input.data.temperature, relativeHumidity: input.data.humidity } }] };
}

function encodeDownlink(input) {
  return { fPort: 2, bytes: [input.data.minutes] };
}

function decodeDownlink(input) {
  return { data: { minutes: input.bytes[0] } };
}
