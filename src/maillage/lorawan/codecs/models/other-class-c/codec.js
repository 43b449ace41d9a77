// No byte format: whoever owns the device decodes what it says.

function decodeUplink(_input) { return { data: {} }; }

function normalizeUplink(_input) { return { data: {} }; }
