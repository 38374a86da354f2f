/**
 * Reads a request of OTLP in protobuf, into what it would be in JSON: our own reader of the wire format
 * (https://protobuf.dev/programming-guides/encoding/), with the field numbers of
 * https://github.com/open-telemetry/opentelemetry-proto, and so apart from what writes it.
 */
type Read = (field: Buffer | bigint) => unknown;
interface Field {
  name: string;
  read: Read;
  isList?: boolean;
}
type Message = Record<number, Field>;

const text: Read = (field) => field.toString();
const hex: Read = (field) => (field as Buffer).toString("hex");
const number: Read = Number;
const double: Read = (field) => (field as Buffer).readDoubleLE();
const nanoseconds: Read = (field) => (field as Buffer).readBigUInt64LE().toString();
const message =
  (fields: Message): Read =>
  (field) =>
    readMessage(field as Buffer, fields);

const value: Message = {
  1: { name: "stringValue", read: text },
  2: { name: "boolValue", read: Boolean },
  3: { name: "intValue", read: text },
  4: { name: "doubleValue", read: double },
};
const attribute: Message = {
  1: { name: "key", read: text },
  2: { name: "value", read: message(value) },
};
const attributes = { name: "attributes", read: message(attribute), isList: true };
const span: Message = {
  1: { name: "traceId", read: hex },
  2: { name: "spanId", read: hex },
  3: { name: "traceState", read: text },
  4: { name: "parentSpanId", read: hex },
  5: { name: "name", read: text },
  6: { name: "kind", read: number },
  7: { name: "startTimeUnixNano", read: nanoseconds },
  8: { name: "endTimeUnixNano", read: nanoseconds },
  9: attributes,
  15: { name: "status", read: message({ 3: { name: "code", read: number } }) },
};
const scopeSpans: Message = { 2: { name: "spans", read: message(span), isList: true } };
const resourceSpans: Message = {
  1: { name: "resource", read: message({ 1: attributes }) },
  2: { name: "scopeSpans", read: message(scopeSpans), isList: true },
};
const request: Message = {
  1: { name: "resourceSpans", read: message(resourceSpans), isList: true },
};

/** @throws Error if it is not protobuf */
export function readOtlp(bytes: Uint8Array): unknown {
  return readMessage(Buffer.from(bytes), request);
}

function readMessage(bytes: Buffer, fields: Message): Record<string, unknown> {
  const lists = Object.values(fields).filter(({ isList }) => isList);
  const found: Record<string, unknown> = Object.fromEntries(lists.map(({ name }) => [name, []]));
  let at = 0;
  const varint = () => {
    let result = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("The message ends within a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = fieldOf(tag & 7);
    const { name, read, isList } = fields[tag >>> 3] ?? {};
    if (!name || !read) continue;
    if (isList) (found[name] as unknown[]).push(read(field));
    else found[name] = read(field);
  }
  return found;

  function fieldOf(wire: number): Buffer | bigint {
    if (wire === 0) return varint();
    if (wire === 1) return take(8);
    if (wire === 2) return take(Number(varint()));
    if (wire === 5) return take(4);
    throw new Error(`A field of the unknown type ${wire}`);
  }
}
