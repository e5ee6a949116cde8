// How well a place is known, and which units are near it.

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { known, late, metres, nearest, plottable, quality, state, take } from "#console/js/state.js";
import { begin, incident, OTHERS, OURS, order, unit } from "./builders.js";

const NOW = "2026-12-01T10:10:00Z";
const HERE = { lat: 51.05, lon: 3.72 };

mock.timers.enable({ apis: ["Date"], now: Date.parse(NOW) });
beforeEach(begin);

/**
 * @param {number} age
 * @param {number | null} radius
 */
const fix = (age, radius) =>
  /** @type {Api.LocationView} */ ({
    ...HERE,
    radius_m: radius,
    at: new Date(Date.parse(NOW) - age * 1000).toISOString(),
    age_s: age,
    quality: "green",
  });

/** @type {[age: number, radius: number | null, tone: string][]} */
const TONES = [
  [30, 50, "green"],
  [-30, 50, "green"],
  [31, 50, "amber"],
  [30, 51, "amber"],
  [120, 500, "amber"],
  [-121, 50, "red"],
  [121, 50, "red"],
  [30, 501, "red"],
  [0, null, "red"],
];
for (const [age, radius, tone] of TONES)
  test(`a fix of ${age} s within ${radius} m is ${tone} now, whatever it was when it was told`, () =>
    assert.equal(quality(fix(age, radius)), tone));

test("a place without a time, or without a place, is red", () => {
  assert.equal(quality({ ...fix(0, 5), at: null }), "red");
  assert.equal(quality({ ...fix(0, 5), lat: 0, lon: 0 }), "red");
  assert.equal(quality(null), "red");
});

test("a place that is withheld from who has a conflict of interest is not called unknown", () => {
  assert.equal(known(incident("a", { conflicted: true })), "withheld");
  assert.equal(known(incident("a")), "none");
  assert.equal(known(incident("a", { location: fix(0, 5) })), "green");
});

test("nothing is drawn at 0,0, where devices are that know nothing", () => {
  assert.ok(plottable(HERE));
  assert.ok(plottable({ lat: 0, lon: 3 }));
  for (const place of [{ lat: 0.009, lon: -0.009 }, { lat: null, lon: 3 }, { lat: 51, lon: Number.NaN }, null])
    assert.ok(!plottable(place));
});

test("from Brussels to Antwerp it is 41 km", () => {
  const away = metres({ lat: 50.8467, lon: 4.3525 }, { lat: 51.2211, lon: 4.3997 });
  assert.ok(Math.abs(away - 41_800) < 300, String(away));
});

test("an order is late after its deadline, by the clock of the server", () => {
  assert.ok(late(incident("a", { deadline_at: "2026-12-01T10:09:59Z" })));
  assert.ok(!late(incident("a", { deadline_at: NOW })));
});

/**
 * @param {Unit[]} units
 * @param {Partial<Incident>} [but]
 */
function near(units, but = {}) {
  state.units = units;
  const view = incident("a", { search: { ...HERE, basis: "fix" }, ...but });
  take(view);
  return nearest(view, 4).map((each) => each.unit.unit_id);
}

test("the nearest unit stands first, one whose place is unknown behind it", () => {
  const units = [
    unit("unknown", { lat: null, lon: null }),
    unit("far", { lat: 51.2 }),
    unit("near", { lat: 51.06 }),
  ];
  assert.deepEqual(near(units), ["near", "far", "unknown"]);
});

test("a unit that gave no sign stands behind all that did, however near", () => {
  assert.deepEqual(near([unit("silent", { fresh: false }), unit("far", { lat: 51.9 })]), ["far", "silent"]);
});

test("where only her zone is known, units of it come first", () => {
  const units = [unit("beside", { in_zone_id: "gent-2" }), unit("inside", { lat: 51.9 })];
  assert.deepEqual(near(units, { search: { ...HERE, basis: "zone" } }), ["inside", "beside"]);
  assert.deepEqual(near(units, { search: { ...HERE, basis: "zone_middle" } }), ["beside", "inside"]);
});

test("where nothing is known, units stand by their callsigns", () => {
  const units = [unit("b"), unit("a")];
  assert.deepEqual(near(units, { search: null }), ["a", "b"]);
  assert.equal(nearest(incident("a"), 4)[0].away, null);
});

test("only free units of ours, or lent to us", () => {
  const units = [
    unit("busy", { order_id: "order" }),
    unit("away", { available: false }),
    unit("theirs", { control_room_id: OTHERS }),
    unit("lent away", { lent_to: OTHERS }),
    unit("lent to us", { control_room_id: OTHERS, lent_to: OURS }),
  ];
  assert.deepEqual(near(units), ["lent to us"]);
});

test("neither the proposed unit, nor one that an order went to since the list of units was read", () => {
  take(incident("other", { orders: [order("sent", { unit_id: "sent" })] }));
  const orders = [order("proposed", { unit_id: "proposed" })];
  assert.deepEqual(near([unit("sent"), unit("proposed"), unit("free")], { orders }), ["free"]);
});

test("no more than were asked for", () => {
  state.units = ["a", "b", "c"].map((id) => unit(id));
  assert.equal(nearest(incident("a"), 2).length, 2);
});
