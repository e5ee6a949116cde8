// What dispatch tells a page, as short as a test needs it.

import { state } from "#console/js/state.js";

/** The room that looks at the alarms. */
export const OURS = "cic-oost-vlaanderen";
export const OTHERS = "cic-antwerpen";
export const LIMITS = { green_age_s: 30, green_radius_m: 50, amber_age_s: 120, amber_radius_m: 500 };

/** Forget all that a page knew; an operator of our room looks. */
export function begin() {
  state.me = { subject: "an-operator", cic: OURS, roles: ["operator"], limits: LIMITS };
  for (const known of [state.incidents, state.groups, state.over, state.rooms, state.zones]) known.clear();
  state.units = [];
  state.selected = null;
  state.askAgain = false;
}

/**
 * An alarm of ours that was just pressed, and verified.
 * @param {string} id
 * @param {Partial<Incident>} [but]
 * @returns {Incident}
 */
export const incident = (id, but = {}) => ({
  withheld: [],
  conflicted: false,
  withheld_from: [],
  incident_id: id,
  marking: "STALKINGALARM",
  control_room_id: OURS,
  also_control_room_ids: [],
  zone_id: "gent-1",
  border_zones: [],
  state: "open",
  urgency: 1,
  presses: 1,
  lane: "verified",
  flags: [],
  basis: "current_fix",
  raised_at: "2026-12-01T10:00:00Z",
  deadline_at: "2026-12-01T10:00:30Z",
  routed_at: "2026-12-01T10:00:01Z",
  displayed_at: null,
  acknowledged_at: null,
  escalation: null,
  cancel: null,
  location: null,
  search: null,
  last_known_address: null,
  linked_incidents: [],
  orders: [],
  card: null,
  outcome: null,
  traceparent: null,
  revision: 1,
  alike: null,
  group: null,
  ...but,
});

/** Somebody took it. */
export const TAKEN = { acknowledged_at: "2026-12-01T10:00:10Z" };

/**
 * @param {Order["state"]} state
 * @param {Partial<Order>} [but]
 * @returns {Order}
 */
export const order = (state, but = {}) => ({
  order_id: `order-${state}`,
  unit_id: "unit-1",
  unit_control_room_id: OURS,
  unit_seen_at: null,
  callsign: "G1",
  state,
  distance_m: null,
  search_basis: null,
  sent_at: null,
  by_radio: false,
  at: "2026-12-01T10:00:20Z",
  reason: null,
  ...but,
});

/**
 * A free unit of ours.
 * @param {string} id
 * @param {Partial<Unit>} [but]
 * @returns {Unit}
 */
export const unit = (id, but = {}) => ({
  unreadable: [],
  unit_id: id,
  callsign: id,
  zone_id: "gent-1",
  in_zone_id: "gent-1",
  control_room_id: OURS,
  lat: 51.05,
  lon: 3.72,
  available: true,
  seen_at: "2026-12-01T10:00:00Z",
  fresh: true,
  lent_to: null,
  offered_to: null,
  offered_as: null,
  order_id: null,
  withheld: [],
  withheld_from: [],
  ...but,
});

/** One of a flood: nobody verified it. */
export const UNVERIFIED = /** @type {const} */ ({ lane: "unverified", alike: "one source" });

/**
 * The alarm that stands for a flood of these, with how many presses each has.
 * @param {string} id
 * @param {Record<string, number>} presses
 * @param {Partial<Incident>} [but]
 */
export const flood = (id, presses, but = {}) =>
  incident(id, {
    ...UNVERIFIED,
    group: {
      count: Object.keys(presses).length,
      incident_ids: Object.keys(presses),
      presses,
      first_raised_at: "2026-12-01T10:00:00Z",
      last_raised_at: "2026-12-01T10:01:00Z",
      until: "2026-12-01T10:05:00Z",
    },
    ...but,
  });
