// Loaded before the codec, in the same context. Answers the function through which every call goes: one JSON text in
// (a routine and its inputs), one JSON text out (one result an input). What it needs of the standard library it keeps
// from before the codec can touch it.
(function () {
  "use strict";
  var parse = JSON.parse;
  var stringify = JSON.stringify;
  var finite = Number.isFinite;
  var text = String;
  var DateOf = Date;
  var Failure = Error;

  function failed(code, message) {
    return { c: code, e: message };
  }

  function isObject(value) {
    return value !== null && typeof value === "object";
  }

  function listText(list) {
    if (typeof list === "string") return list;
    var line = "";
    for (var i = 0; i < list.length; i++) line += (i ? "; " : "") + text(list[i]);
    return line;
  }

  function hasEntries(list) {
    return list !== undefined && list !== null && list.length > 0;
  }

  function threw(problem) {
    return failed("threw", text(problem));
  }

  function uplink(call) {
    if (typeof decodeUplink !== "function") return failed("not_supported", "the codec has no decodeUplink");
    var decoded = decodeUplink({ bytes: call[1], fPort: call[0], recvTime: new DateOf(call[2]) });
    if (!isObject(decoded)) return failed("bad_result", "decodeUplink answered no object");
    if (hasEntries(decoded.errors)) return failed("refused", listText(decoded.errors));
    if (!isObject(decoded.data)) return failed("bad_result", "decodeUplink answered neither data nor errors");
    var result = { d: decoded.data, m: {} };
    if (hasEntries(decoded.warnings)) result.w = decoded.warnings;
    if (typeof maillageMeasures === "function") {
      result.m = maillageMeasures(decoded.data);
      return result;
    }
    if (typeof normalizeUplink !== "function") return result;
    var normalized = normalizeUplink({ data: decoded.data });
    if (!isObject(normalized)) return failed("bad_result", "normalizeUplink answered no object");
    if (hasEntries(normalized.errors)) return failed("refused", listText(normalized.errors));
    result.m = normalized.data;
    return result;
  }

  function encode(data) {
    if (typeof encodeDownlink !== "function") return failed("not_supported", "the codec has no encodeDownlink");
    var encoded = encodeDownlink({ data: data });
    if (!isObject(encoded)) return failed("bad_result", "encodeDownlink answered no object");
    if (hasEntries(encoded.errors)) return failed("refused", listText(encoded.errors));
    return { b: encoded.bytes, p: encoded.fPort, w: encoded.warnings || [] };
  }

  function decode(call) {
    if (typeof decodeDownlink !== "function") return failed("not_supported", "the codec has no decodeDownlink");
    var decoded = decodeDownlink({ bytes: call[1], fPort: call[0] });
    if (!isObject(decoded)) return failed("bad_result", "decodeDownlink answered no object");
    if (hasEntries(decoded.errors)) return failed("refused", listText(decoded.errors));
    return { d: decoded.data, m: {}, w: decoded.warnings || [] };
  }

  var routines = { decodeUplink: uplink, encodeDownlink: encode, decodeDownlink: decode };

  // JSON has no word for NaN and Infinity: stringify writes null, so only texts with a null are searched.
  function holdsNonFinite(value) {
    if (typeof value === "number") return !finite(value);
    if (!isObject(value)) return false;
    for (var key in value) if (holdsNonFinite(value[key])) return true;
    return false;
  }

  function run(request, outputLimit) {
    var asked = parse(request);
    var routine = routines[asked[0]];
    var calls = asked[1];
    var results = [];
    for (var i = 0; i < calls.length; i++) {
      try {
        results[i] = routine(calls[i]);
      } catch (problem) {
        results[i] = threw(problem);
      }
    }
    var answer = stringify(results);
    if (answer.length > outputLimit * calls.length) throw new Failure("the answer is too long");
    if (answer.indexOf("null") < 0) return answer;
    for (var k = 0; k < results.length; k++) {
      if (holdsNonFinite(results[k])) results[k] = failed("bad_result", "the answer holds NaN or Infinity");
    }
    return stringify(results);
  }

  return run;
})();
