// What an operator sees first, what rings, and what is to be done next.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { another, leading, nextStep, ordered, proposal, rings, state, take } from "#console/js/state.js";
import { begin, incident, OTHERS, order, TAKEN, UNVERIFIED } from "./builders.js";

const GROUP = {
  count: 2,
  incident_ids: [],
  presses: {},
  first_raised_at: "2026-12-01T09:00:00Z",
  last_raised_at: "2026-12-01T09:00:00Z",
  until: "2026-12-01T09:05:00Z",
};

/** @param {Incident[]} views */
const shown = (...views) => {
  views.forEach(take);
  return ordered().map((view) => view.incident_id);
};

beforeEach(begin);

test("a verified press stands above an unverified one, however urgent that is", () => {
  const unverified = incident("unverified", { lane: "unverified", urgency: 9 });
  assert.deepEqual(shown(unverified, incident("verified", TAKEN)), ["verified", "unverified"]);
});

test("a flood stands below all: it must not bury what stands for itself", () => {
  const head = incident("flood", { ...UNVERIFIED, urgency: 9, raised_at: "2026-12-01T09:00:00Z" });
  state.groups.set("flood", { ...GROUP, presses: { flood: 1, other: 1 } });
  const single = incident("single", { lane: "unverified", ...TAKEN });
  assert.deepEqual(shown(head, single, incident("verified", TAKEN)), ["verified", "single", "flood"]);
});

test("of one lane, what rings stands first, then what needs another act, then what is on its way", () => {
  const onItsWay = incident("on its way", { ...TAKEN, urgency: 9, orders: [order("en_route")] });
  const withoutUnit = incident("without unit", { ...TAKEN, urgency: 5 });
  assert.deepEqual(shown(onItsWay, withoutUnit, incident("ringing")), [
    "ringing",
    "without unit",
    "on its way",
  ]);
});

test("of those that need the same, the most urgent stands first, then who pressed first", () => {
  const late = incident("late", { raised_at: "2026-12-01T10:00:05Z" });
  const early = incident("early", { raised_at: "2026-12-01T10:00:01+00:00" });
  const urgent = incident("urgent", { urgency: 2, raised_at: "2026-12-01T10:00:09Z" });
  assert.deepEqual(shown(late, early, urgent), ["urgent", "early", "late"]);
});

test("an alarm rings until somebody takes it", () => {
  assert.ok(rings(incident("new")));
  assert.ok(!rings(incident("taken", TAKEN)));
});

test("an alarm of another room rings here only once it escalated to its neighbours", () => {
  assert.ok(!rings(incident("theirs", { control_room_id: OTHERS, escalation: "supervisor" })));
  const escalated = { control_room_id: OTHERS, escalation: "neighbour" };
  assert.ok(rings(incident("theirs", escalated)));
  assert.ok(!rings(incident("theirs", { ...escalated, ...TAKEN })));
});

/** @type {[what: string, view: Partial<Incident>, step: ReturnType<typeof nextStep>][]} */
const STEPS = [
  ["a new alarm is acknowledged, also when a unit is proposed", { orders: [order("proposed")] }, "acknowledge"],
  ["then the proposed unit is sent", { ...TAKEN, orders: [order("proposed")] }, "send"],
  ["or chosen, where none was proposed", TAKEN, "choose"],
  ["or chosen, where the one that was sent declined", { ...TAKEN, orders: [order("declined")] }, "choose"],
  ["nothing is to be done while a unit has the order", { ...TAKEN, orders: [order("sent")] }, null],
  [
    "an escalated alarm of a neighbour is taken over",
    { control_room_id: OTHERS, escalation: "neighbour" },
    "take-over",
  ],
  ["another alarm of a neighbour is none of ours", { control_room_id: OTHERS }, null],
  [
    "who has a conflict of interest may send the proposed unit",
    { conflicted: true, orders: [order("proposed")] },
    "send",
  ],
  ["who has a conflict of interest chooses none", { conflicted: true, ...TAKEN }, null],
  [
    "who has a conflict of interest sends no second one",
    { conflicted: true, orders: [order("proposed"), order("sent")] },
    null,
  ],
];
for (const [what, view, step] of STEPS) test(what, () => assert.equal(nextStep(incident("a", view)), step));

test("the next alarm is the first that waits for an act, besides the chosen one", () => {
  shown(
    incident("chosen"),
    incident("done", { ...TAKEN, orders: [order("on_scene")] }),
    incident("waits", TAKEN),
  );
  state.selected = "chosen";
  assert.equal(another()?.incident_id, "waits");
  state.selected = "waits";
  assert.equal(another()?.incident_id, "chosen");
});

test("no next alarm where nothing waits", () => {
  shown(incident("chosen"), incident("done", { ...TAKEN, orders: [order("sent")] }));
  state.selected = "chosen";
  assert.equal(another(), null);
});

test("the leading unit is the one that is furthest on its way, and one that declined leads nothing", () => {
  const orders = [order("sent"), order("en_route"), order("declined"), order("acknowledged")];
  assert.equal(leading(incident("a", { orders }))?.state, "en_route");
  assert.equal(leading(incident("a", { orders: [order("declined"), order("proposed")] })), null);
});

test("the last proposal counts", () => {
  const orders = [order("proposed", { unit_id: "first" }), order("proposed", { unit_id: "second" })];
  assert.equal(proposal(incident("a", { orders }))?.unit_id, "second");
  assert.equal(proposal(incident("a")), null);
});
