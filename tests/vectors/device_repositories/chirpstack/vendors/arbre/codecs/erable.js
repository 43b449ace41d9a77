function decodeUplink(input) {
  return { data: { litres: input.bytes[0] * 256 + input.bytes[1] } };
}

function encodeDownlink(input) {
  return { fPort: 85, bytes: [input.data.hours] };
}
