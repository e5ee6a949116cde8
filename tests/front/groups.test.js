// What the page takes of what it is told, and which alarms stand in it as one.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { countOf, keepOnly, state, take, viewOf } from "#console/js/state.js";
import { begin, flood, incident, OTHERS, TAKEN, UNVERIFIED } from "./builders.js";

const AT = "2026-12-01T10:02:00Z";
const ids = () => [...state.incidents.keys()];
/** @param {string} head */
const pressesOf = (head) => state.groups.get(head)?.presses;

/** Read as a list: the flood "head" of two. */
function readFlood() {
  const head = flood("head", { head: 1, second: 2 });
  keepOnly([head], performance.now());
  take(head);
}

beforeEach(begin);

test("a view is new, then changed, and an older one is not taken", () => {
  assert.equal(take(incident("a", { revision: 2 })), "new");
  assert.equal(take(incident("a", { revision: 2 })), null);
  assert.equal(take(incident("a", { revision: 3, ...TAKEN })), "changed");
  assert.equal(take(incident("a", { revision: 2 })), null);
  assert.equal(viewOf("a")?.revision, 3);
});

test("a closed alarm goes, and no answer that was asked for earlier brings it back", () => {
  take(incident("a"));
  assert.equal(take(incident("a", { state: "closed", revision: 2 })), "closed");
  assert.equal(take(incident("a", { revision: 3 })), null);
  assert.deepEqual(ids(), []);
});

test("a further press like those of a flood is counted, and does not stand for itself", () => {
  readFlood();
  assert.equal(take(incident("third", { ...UNVERIFIED, raised_at: AT })), "changed");
  assert.deepEqual(pressesOf("head"), { head: 1, second: 2, third: 1 });
  assert.deepEqual(ids(), ["head"]);
});

/** @type {[why: string, but: Partial<Incident>][]} */
const ALONE = [
  ["that is verified", { lane: "verified", alike: null }],
  ["of another source", { alike: "another source" }],
  ["of another zone", { zone_id: "gent-2" }],
  ["of another room", { control_room_id: OTHERS }],
  ["before the flood", { raised_at: "2026-12-01T09:59:59Z" }],
  ["after the flood", { raised_at: "2026-12-01T10:05:01Z" }],
];
for (const [why, but] of ALONE)
  test(`a press ${why} stands for itself`, () => {
    readFlood();
    assert.equal(take(incident("third", { ...UNVERIFIED, raised_at: AT, ...but })), "new");
    assert.deepEqual(pressesOf("head"), { head: 1, second: 2 });
    assert.deepEqual(ids(), ["head", "third"]);
  });

test("presses of one that is counted already only rise", () => {
  readFlood();
  take(incident("second", { ...UNVERIFIED, presses: 5, revision: 3 }));
  take(incident("second", { ...UNVERIFIED, presses: 4, revision: 2 }));
  assert.deepEqual(pressesOf("head"), { head: 1, second: 5 });
});

test("one of a flood that is verified comes out of it and stands for itself", () => {
  readFlood();
  assert.equal(take(incident("second", { revision: 2 })), "new");
  assert.deepEqual(pressesOf("head"), { head: 1 });
  assert.deepEqual(ids(), ["head", "second"]);
});

test("one of a flood that is closed is counted no more, and never shown", () => {
  readFlood();
  assert.equal(take(incident("second", { ...UNVERIFIED, state: "closed", revision: 2 })), null);
  assert.deepEqual(pressesOf("head"), { head: 1 });
  assert.deepEqual(ids(), ["head"]);
});

test("a flood whose head is verified is read anew: another one stands for it", () => {
  readFlood();
  assert.equal(take(incident("head", { revision: 2 })), "changed");
  assert.ok(state.askAgain);
  assert.equal(state.groups.size, 0);
});

test("the head of a flood that changes stays its head", () => {
  readFlood();
  assert.equal(take(incident("head", { ...UNVERIFIED, presses: 3, revision: 2 })), "changed");
  assert.deepEqual(pressesOf("head"), { head: 3, second: 2 });
  assert.equal(viewOf("head")?.presses, 3);
});

test("a flood stands for each alarm of it", () => {
  readFlood();
  const group = state.groups.get("head");
  assert.equal(group && countOf(group), 2);
});

test("what is in the list no more goes, but not what came in after it was asked for", () => {
  take(incident("gone"));
  const askedAt = performance.now() + 1;
  state.incidents.set("later", { view: incident("later"), heardAt: askedAt + 1 });
  assert.deepEqual(keepOnly([], askedAt), ["gone"]);
  assert.deepEqual(ids(), ["later"]);
});

test("what is told again was heard again, also when nothing changed", () => {
  state.incidents.set("a", { view: incident("a"), heardAt: 0 });
  take(incident("a"));
  assert.deepEqual(keepOnly([], 1), []);
});

test("what stood for itself and is one of a flood now goes silently: it is not closed", () => {
  take(incident("second", UNVERIFIED));
  const askedAt = performance.now() - 1000;
  assert.deepEqual(keepOnly([flood("head", { head: 1, second: 1 })], askedAt), []);
  assert.deepEqual(ids(), []);
});
