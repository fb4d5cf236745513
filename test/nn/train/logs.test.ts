// Logs: JSON lines that a resumed run makes equal to those of an unbroken one, and TensorBoard's event files, read back by a reader that
// shares nothing with the writer.

import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import * as assert from "uvu/assert";
import { crc32, crc32c } from "../../../src/nn/checkpoint/crc.ts";
import { jsonLines, type LogRecord, tensorBoard } from "../../../src/nn/index.ts";
import { forAll } from "../../support/property.ts";
import { suite } from "../../support/suite.ts";

const folder = mkdtempSync(join(tmpdir(), "pullback-logs-"));
const test = suite("logs");
test.after(() => rmSync(folder, { recursive: true }));

const record = (step: number, loss = 1 / step): LogRecord => ({
  step,
  epoch: 0,
  phase: "training",
  metrics: { loss },
  time: 1000 + step,
});

test("each record is a line, and what JSON has not is a word", async () => {
  const path = join(folder, "deep/words.jsonl");
  const logger = jsonLines(path);
  await logger.begin(0);
  logger.write(record(1, 0.5));
  logger.write(record(2, Number.NaN));
  logger.write(record(3, Number.NEGATIVE_INFINITY));
  assert.not.ok(existsSync(path));
  await logger.flush();
  await logger.flush();
  assert.is(
    readFileSync(path, "utf8"),
    '{"step":1,"epoch":0,"phase":"training","metrics":{"loss":0.5},"time":1001}\n' +
      '{"step":2,"epoch":0,"phase":"training","metrics":{"loss":"NaN"},"time":1002}\n' +
      '{"step":3,"epoch":0,"phase":"training","metrics":{"loss":"-Infinity"},"time":1003}\n',
  );
});

let files = 0;
test(
  "a log that is taken up after any step becomes that of an unbroken run, whatever it ended with",
  forAll(
    {
      written: fc.integer({ min: 0, max: 9 }),
      step: fc.nat(9),
      torn: fc.constantFrom("", '{"step":', '{"step":3}', "\n", "oh\n"),
    },
    { runs: 40 },
  )(async ({ written, step, torn }) => {
    const path = join(folder, `log${files++}.jsonl`);
    const logger = jsonLines(path);
    const write = async (from: number, to: number): Promise<void> => {
      for (let i = from; i <= to; i++) logger.write(record(i));
      await logger.flush();
    };
    const last = Math.max(written, step); // a checkpoint is written after its lines
    await logger.begin(0);
    await write(1, last);
    appendFileSync(path, torn);
    const again = jsonLines(path);
    await again.begin(step);
    for (let i = step + 1; i <= 10; i++) again.write(record(i));
    await again.flush();
    const steps = readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).step);
    assert.equal(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }),
);

// Bit by bit, as the polynomials are defined.
const slowCrc = (polynomial: number, bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++)
      crc = (crc >>> 1) ^ (((crc ^ (byte >> bit)) & 1) === 1 ? polynomial : 0);
  return ~crc >>> 0;
};

test("checks have their published values", () => {
  const digits = new TextEncoder().encode("123456789");
  assert.is(crc32c(digits), 0xe3069283);
  assert.is(crc32(digits), 0xcbf43926);
  assert.is(crc32c(new Uint8Array(32)), 0x8a9136aa); // RFC 3720, B.4
  assert.is(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.is(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});

test(
  "checks are those of their definition, of pieces too",
  forAll({ bytes: fc.uint8Array({ maxLength: 70 }), cut: fc.nat() })(({ bytes, cut }) => {
    assert.is(crc32c(bytes), slowCrc(0x82f63b78, bytes));
    assert.is(crc32(bytes), slowCrc(0xedb88320, bytes));
    const at = cut % (bytes.length + 1);
    assert.is(crc32c(bytes.subarray(at), crc32c(bytes.subarray(0, at))), crc32c(bytes));
  }),
);

/** The contents of records, each held to both of its checks. */
const recordsIn = (file: Buffer): readonly Buffer[] => {
  const masked = (bytes: Buffer): number => {
    const crc = BigInt(slowCrc(0x82f63b78, bytes));
    return Number((((crc >> 15n) | (crc << 17n)) + 0xa282ead8n) & 0xffffffffn);
  };
  const found: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    assert.is(file.readUInt32LE(at + 8), masked(file.subarray(at, at + 8)));
    const content = file.subarray(at + 12, at + 12 + length);
    assert.is(content.length, length);
    assert.is(file.readUInt32LE(at + 12 + length), masked(content));
    found.push(content);
    at += 16 + length;
  }
  return found;
};

/** The fields of a protocol buffer as number and value. */
const fieldsIn = (message: Buffer): readonly (readonly [number, number | Buffer])[] => {
  const fields: [number, number | Buffer][] = [];
  let at = 0;
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const byte = message[at++] as number;
      value += (byte & 127) * factor;
      factor *= 128;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const key = varint();
    const kind = key & 7;
    const read = (): number | Buffer => {
      if (kind === 0) return varint();
      const size = kind === 1 ? 8 : kind === 5 ? 4 : varint();
      const bytes = message.subarray(at, at + size);
      at += size;
      return kind === 1 ? bytes.readDoubleLE() : kind === 5 ? bytes.readFloatLE() : bytes;
    };
    fields.push([key >> 3, read()]);
  }
  return fields;
};

const eventsIn = (file: string) =>
  recordsIn(readFileSync(file)).map((content) => {
    const event = Object.fromEntries(fieldsIn(content));
    if (event[3] !== undefined) return { time: event[1], version: String(event[3]) };
    if (event[7] !== undefined)
      return { time: event[1], step: event[2], session: fieldsIn(event[7] as Buffer) };
    const [[, value]] = fieldsIn(event[5] as Buffer) as [[number, Buffer]];
    const { 1: tag, 2: number } = Object.fromEntries(fieldsIn(value));
    return { time: event[1], step: event[2], tag: String(tag), number };
  });

test("event files hold every number under its tag", async () => {
  const place = join(folder, "board");
  const logger = tensorBoard(place);
  await logger.begin(0);
  logger.write({ ...record(1, 0.1), metrics: { loss: 0.1, größe: Number.NaN } });
  logger.write({ step: 300, epoch: 1, phase: "evaluation", metrics: { error: -2.5 }, time: 7.25 });
  await logger.flush();
  const [name] = readdirSync(place);
  assert.match(name as string, /^events\.out\.tfevents\.\d{10}\./);
  const [version, start, ...numbers] = eventsIn(join(place, name as string));
  assert.is(version?.version, "brain.Event:2");
  assert.equal([start?.step, start?.session], [1, [[1, 1]]]);
  assert.equal(numbers, [
    { time: 1001, step: 1, tag: "training/loss", number: Math.fround(0.1) },
    { time: 1001, step: 1, tag: "training/größe", number: Number.NaN },
    { time: 7.25, step: 300, tag: "evaluation/error", number: -2.5 },
  ]);
});

test("a run that is taken up says from which step on, in a file of its own", async () => {
  const place = join(folder, "again");
  for (const step of [0, 20]) {
    const logger = tensorBoard(place);
    await logger.begin(step);
    logger.write(record(step + 1));
    await logger.flush();
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const found = readdirSync(place)
    .sort()
    .map((name) => eventsIn(join(place, name)).map(({ step }) => step));
  assert.equal(found, [
    [undefined, 1, 1],
    [undefined, 21, 21],
  ]);
});

test.run();
