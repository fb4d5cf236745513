// The bytes of TensorBoard's event files, from the published formats: records of TFRecord (length, masked CRC-32C of the length, content,
// masked CRC-32C of the content), whose contents are protocol buffers of the type Event (event.proto, summary.proto of TensorFlow).

import { crc32c } from "../checkpoint/crc.ts";

const bytesOf = (parts: readonly (Uint8Array | readonly number[])[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

// What a field holds, as the lowest bits of its key say.
const [varintKind, doubleKind, bytesKind, floatKind] = [0, 1, 2, 5];

const varint = (x: number): readonly number[] =>
  x < 128 ? [x] : [(x % 128) | 128, ...varint(Math.floor(x / 128))];

const integerField = (field: number, x: number) => [
  field * 8 + (varintKind as number),
  ...varint(x),
];

const bytesField = (field: number, content: Uint8Array): Uint8Array =>
  bytesOf([[field * 8 + (bytesKind as number)], varint(content.length), content]);

const textField = (field: number, text: string): Uint8Array =>
  bytesField(field, new TextEncoder().encode(text));

const doubleField = (field: number, x: number): Uint8Array => {
  const content = new Uint8Array(8);
  new DataView(content.buffer).setFloat64(0, x, true);
  return bytesOf([[field * 8 + (doubleKind as number)], content]);
};

const floatField = (field: number, x: number): Uint8Array => {
  const content = new Uint8Array(4);
  new DataView(content.buffer).setFloat32(0, x, true);
  return bytesOf([[field * 8 + (floatKind as number)], content]);
};

/** The check of a record: rotated and shifted, since a check of bytes that hold their own check is of little use. */
export const maskedCrc = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** A record around a content. */
export const frame = (content: Uint8Array): Uint8Array => {
  const record = new Uint8Array(12 + content.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedCrc(record.subarray(0, 8)), true);
  record.set(content, 12);
  view.setUint32(12 + content.length, maskedCrc(content), true);
  return record;
};

/** The first event of a file. Times are seconds since 1970. */
export const versionEvent = (time: number): Uint8Array =>
  frame(bytesOf([doubleField(1, time), textField(3, "brain.Event:2")]));

/** Says that a run goes on with a step: TensorBoard drops what earlier files have of it and of later ones (SessionLog.START). */
export const startEvent = (time: number, step: number): Uint8Array =>
  frame(
    bytesOf([
      doubleField(1, time),
      integerField(2, step),
      bytesField(7, bytesOf([integerField(1, 1)])),
    ]),
  );

/** One number, by a tag, at a step. */
export const scalarEvent = (time: number, step: number, tag: string, value: number): Uint8Array => {
  const summaryValue = bytesOf([textField(1, tag), floatField(2, value)]);
  const summary = bytesField(1, summaryValue);
  return frame(bytesOf([doubleField(1, time), integerField(2, step), bytesField(5, summary)]));
};
