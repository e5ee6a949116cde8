// Ages and times as operators read them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { clockTime, learn, now, secondsSince, span } from "#console/js/clock.js";

const HERE = "2026-12-01T10:00:00Z";
/** @param {string | null} date */
const answer = (date) => new Response(null, { headers: date ? { date } : {} });

beforeEach(() => {
  mock.timers.enable({ apis: ["Date"], now: Date.parse(HERE) });
  learn(answer(new Date(HERE).toUTCString()));
});
afterEach(() => mock.timers.reset());

/** @type {[seconds: number, text: string][]} */
const SPANS = [
  [0, "0:00"],
  [9.99, "0:09"],
  [75, "1:15"],
  [3599, "59:59"],
  [3675, "1:01:15"],
  [90_000, "25:00:00"],
  [-5, "0:00"],
];
for (const [seconds, text] of SPANS) test(`${seconds} s read ${text}`, () => assert.equal(span(seconds), text));

test("a workstation whose clock is wrong by minutes shows ages by the server's", () => {
  learn(answer("Tue, 01 Dec 2026 10:05:00 GMT"));
  assert.equal(Math.round(secondsSince(HERE)), 301);
});

test("what is less than the second of the header is no difference", () => {
  const before = now();
  learn(answer("Tue, 01 Dec 2026 10:00:01 GMT"));
  assert.equal(now(), before);
});

test("an answer without a date, or with a wrong one, changes nothing", () => {
  const before = now();
  for (const date of [null, "yesterday"]) learn(answer(date));
  assert.equal(now(), before);
});

test("what is to come is no second old", () => assert.equal(secondsSince("2026-12-01T11:00:00Z"), 0));

test("times are those of clocks in Belgium, wherever the workstation thinks it is", () => {
  assert.equal(clockTime("2026-12-01T10:00:05Z", "nl-BE"), "11:00:05");
  assert.equal(clockTime("2026-07-01T10:00:05Z", "en-GB"), "12:00:05");
});
