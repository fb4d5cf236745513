// Copies on a card: who holds them, when their memory is free, and what is dropped where the host has the values too.

import * as assert from "uvu/assert";
import type { PlanBuffer } from "../../../../../src/core/compile/plan.ts";
import { type CardMemory, Handle } from "../../../../../src/core/device/gpujs/card/handle.ts";
import { Residency } from "../../../../../src/core/device/gpujs/card/residency.ts";
import { giveAway } from "../../../../../src/core/device/transfer.ts";
import type { Storage } from "../../../../../src/core/tensor.ts";
import { refusalOf } from "../../../../support/refusal.ts";
import { suite } from "../../../../support/suite.ts";

/** A card that notes what is freed. Memory is fresh unless told otherwise. */
const makeCard = () => {
  const freed: CardMemory[] = [];
  const memory = (size: number, uses = 1): CardMemory => ({ uses, bytes: 4 * size });
  const handle = (size: number, uses?: number): Handle<CardMemory> =>
    new Handle(size, (it) => freed.push(it), memory(size, uses));
  const residency = new Residency<CardMemory>({
    device: "card",
    upload: ({ length }) => handle(length),
  });
  return { freed, handle, memory, residency };
};

const buffer = (size: number): PlanBuffer => ({
  id: 0,
  kind: "input",
  dtype: "f32",
  size,
  bytes: 4 * size,
  firstStep: -1,
  lastStep: 0,
});

/** The handle of one input. */
const handleOf = (card: Residency<CardMemory>, storage: Storage, size: number) =>
  card.handlesOf([[storage, buffer(size)]])[0] as Handle<CardMemory>;

const test = suite("handles");

test("free their memory after the last holder let go", () => {
  const { handle, freed } = makeCard();
  const it = handle(3);
  it.hold();
  it.drop();
  assert.is(freed.length, 0);
  it.drop();
  assert.equal([freed.length, it.memory], [1, undefined]);
});

test("free values that come when nobody wants them any more, and wake who waits", () => {
  const { freed, memory } = makeCard();
  const it = new Handle<CardMemory>(2, (m) => freed.push(m));
  let woken = 0;
  it.waiting.push(() => woken++);
  assert.ok(it.isPending);
  it.drop();
  it.arrive(memory(2));
  assert.equal([freed.length, woken, it.isPending], [1, 1, false]);
});

test("say that they failed", () => {
  const it = new Handle<CardMemory>(2, () => undefined);
  it.fail(new Error("no card"));
  assert.equal([it.isPending, (it.failure as Error).message], [false, "no card"]);
});

test("of new memory hold a part of it on the host, so that the collector sees it", () => {
  const { handle } = makeCard();
  const [fresh, used] = [handle(1000), handle(1000, 2)];
  assert.equal([fresh.ballastBytes, used.ballastBytes], [1000, 0]);
  fresh.drop();
  assert.is(fresh.ballastBytes, 0);
});

test.run();

const residency = suite("residency");

residency("uploads values once, and again where another card has them", () => {
  const [one, two] = [makeCard(), makeCard()];
  const storage: Storage = { host: Float32Array.of(1, 2) };
  const first = handleOf(one.residency, storage, 2);
  assert.is(handleOf(one.residency, storage, 2), first);
  const second = handleOf(two.residency, storage, 2);
  assert.is.not(second, first);
  assert.is(one.freed.length, 1); // the copy that nobody can find any more
});

residency("refuses values that are on a card only, which is not this one", async () => {
  const [one, two] = [makeCard(), makeCard()];
  const storage: Storage = {};
  one.residency.attach(storage, one.handle(2));
  assert.is((await refusalOf(() => handleOf(two.residency, storage, 2))).tag, "NotReady");
});

residency("gives the memory of donated values back, once", () => {
  const { residency: card, handle, freed } = makeCard();
  const storage: Storage = {};
  card.attach(storage, handle(2));
  const { resident } = storage;
  giveAway(storage, "step");
  resident?.release();
  assert.is(freed.length, 1);
});

residency("lets small results leave when they were read, and keeps large ones", () => {
  const { residency: card, handle, freed } = makeCard();
  for (const [size, stays] of [
    [10, false],
    [5000, true],
  ] as const) {
    const storage: Storage = {};
    const it = handle(size);
    card.attach(storage, it);
    card.arrived(storage, it, new Float32Array(size));
    assert.equal([storage.host?.length, storage.resident !== undefined], [size, stays]);
  }
  assert.is(freed.length, 1);
});

residency("drops old copies of what the host has when they are many", () => {
  const { residency: card, freed } = makeCard();
  const size = 2 ** 24; // 64 MiB on the card; the host's arrays share one buffer
  const host = new Float32Array(size);
  const storages = Array.from({ length: 6 }, (): Storage => ({ host }));
  for (const storage of storages) handleOf(card, storage, size);
  assert.is(freed.length, 2); // 256 MiB are kept
  assert.equal(
    storages.map(({ resident }) => resident !== undefined),
    [false, false, true, true, true, true],
  );
});

residency("keeps what a call needs, and what was used of late", () => {
  const { residency: card } = makeCard();
  const size = 2 ** 24; // 64 MiB
  const host = new Float32Array(size);
  const [a, b, c, d, e] = Array.from({ length: 5 }, (): Storage => ({ host })) as [
    Storage,
    Storage,
    Storage,
    Storage,
    Storage,
  ];
  for (const storage of [a, b, c, d]) handleOf(card, storage, size);
  handleOf(card, b, size);
  const handles = card.handlesOf([a, e].map((storage) => [storage, buffer(size)]));
  assert.ok(handles.every(({ memory }) => memory !== undefined));
  assert.equal(
    [a, b, c, d, e].map(({ resident }) => resident !== undefined),
    [true, true, false, true, true],
  );
});

residency.run();
