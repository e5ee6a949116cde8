// What the page knows, and the rules of what comes first and what is to be done next. No page in here.

import { now } from "./clock.js";

const LIVE = new Set(["sent", "received", "acknowledged", "en_route", "on_scene"]);
const STEPS = ["proposed", "sent", "received", "acknowledged", "en_route", "on_scene"];

export const state = {
  /** @type {Member | null} */
  me: null,
  /** @type {Map<string, { view: Incident, heardAt: number }>} */
  incidents: new Map(),
  /** @type {Map<string, Group>} By the id of the one that stands for a flood; `presses`: how many by id. */
  groups: new Map(),
  askAgain: false, // the list has to be read before its time
  /** @type {Set<string>} Closed: an answer that was asked for earlier must not bring one back. */
  over: new Set(),
  /** @type {Unit[]} */
  units: [],
  /** @type {Map<string, Api.ControlRoomOut>} */
  rooms: new Map(),
  /** @type {Map<string, ZoneProperties>} */
  zones: new Map(),
  /** @type {string | null} */
  selected: null,
};

/**
 * Take a view unless a newer one is known; returns "new", "changed", "closed" or null.
 * @param {Incident} view
 */
export function take(view) {
  const known = state.incidents.get(view.incident_id);
  if (known && known.view.revision > view.revision) return null;
  if (state.over.has(view.incident_id)) return null;
  if (joins(view)) return "changed";
  if (view.state === "closed") {
    state.over.add(view.incident_id);
    return state.incidents.delete(view.incident_id) ? "closed" : null;
  }
  state.incidents.set(view.incident_id, { view, heardAt: performance.now() });
  if (!known) return "new";
  return known.view.revision === view.revision ? null : "changed";
}

/**
 * A further one of a flood that stands there already is counted; one that is no longer one of many comes out of it.
 * @param {Incident} view
 */
function joins(view) {
  const id = view.incident_id;
  for (const [head, group] of state.groups) {
    const counted = id in group.presses;
    if (!counted && !belongs(view, viewOf(head), group)) continue;
    const { [id]: before, ...others } = group.presses;
    const stays = view.state === "open" && view.alike;
    const presses = stays ? { ...others, [id]: Math.max(view.presses, before ?? 0) } : others;
    if (stays || id !== head) state.groups.set(head, { ...group, presses });
    else leaderless(head);
    return Boolean(stays) && id !== head;
  }
  return false;
}

/**
 * Alike in place, time and source: what names the device of a victim, or was verified, has no `alike`.
 * @param {Incident} view
 * @param {Incident | null} head
 * @param {Group} group
 */
function belongs(view, head, group) {
  if (!head || !view.alike || view.state !== "open" || state.incidents.has(view.incident_id)) return false;
  const [at, from, until] = [view.raised_at, group.first_raised_at, group.until].map(Date.parse);
  return (
    head.alike === view.alike &&
    head.control_room_id === view.control_room_id &&
    head.zone_id === view.zone_id &&
    from <= at &&
    at <= until
  );
}

/**
 * The one that stood for a group is no longer one of it: the list says at once which one is next.
 * @param {string} head
 */
function leaderless(head) {
  state.groups.delete(head);
  state.askAgain = true;
}

/**
 * How many alarms a group stands for.
 * @param {Group} group
 */
export const countOf = (group) => Object.keys(group.presses).length;

/**
 * Forget what is no longer open, except what was heard of after the list was asked for; returns the ids.
 * @param {Incident[]} views
 * @param {number} askedAt
 */
export function keepOnly(views, askedAt) {
  const open = new Set(views.map((view) => view.incident_id));
  state.groups = new Map(views.flatMap((view) => (view.group ? [[view.incident_id, view.group]] : [])));
  const within = new Set([...state.groups.values()].flatMap((group) => Object.keys(group.presses)));
  const joined = (/** @type {{ view: Incident }} */ { view }) => within.has(view.incident_id) && view.alike;
  const gone = [...state.incidents].filter(
    ([id, each]) => !open.has(id) && (joined(each) || each.heardAt < askedAt),
  );
  for (const [id] of gone) state.incidents.delete(id);
  return gone.map(([id]) => id).filter((id) => !within.has(id));
}

/**
 * @param {string | null} id
 * @returns {Incident | null}
 */
export const viewOf = (id) => state.incidents.get(id ?? "")?.view ?? null;
export const selected = () => viewOf(state.selected);
/** @param {Incident} view */
export const isOurs = (view) => view.control_room_id === state.me?.cic;
/** @param {Incident} view */
export const liveOrders = (view) => view.orders.filter((order) => LIVE.has(order.state));
/** @param {Incident} view */
export const proposal = (view) => view.orders.filter((order) => order.state === "proposed").at(-1) ?? null;
/** @param {Incident} view */
export const late = (view) => now() > Date.parse(view.deadline_at);
/** @param {Order} order */
export const stepOf = (order) => STEPS.indexOf(order.state);

/**
 * The unit that is furthest on its way.
 * @param {Incident} view
 */
export const leading = (view) => liveOrders(view).sort((a, b) => stepOf(b) - stepOf(a))[0] ?? null;

/**
 * Must somebody here act now? Another room's alarm becomes ours to answer when it escalates to neighbours.
 * @param {Incident} view
 */
export const rings = (view) => !view.acknowledged_at && (isOurs(view) || view.escalation === "neighbour");

/**
 * The one next step: acknowledge, take-over, send, choose (no unit was proposed), or null.
 * @param {Incident} view
 * @returns {"acknowledge" | "take-over" | "send" | "choose" | null}
 */
export function nextStep(view) {
  // Who has a conflict of interest may send the proposed unit; all else is for somebody who has none.
  if (view.conflicted) return proposal(view) && !liveOrders(view).length ? "send" : null;
  if (!isOurs(view)) return rings(view) ? "take-over" : null;
  if (!view.acknowledged_at) return "acknowledge";
  if (liveOrders(view).length) return null;
  return proposal(view) ? "send" : "choose";
}

/** Another alarm that waits for an act here, the most urgent one; null when there is none. */
export const another = () =>
  ordered().find((view) => view.incident_id !== state.selected && nextStep(view)) ?? null;

/**
 * Verified presses before unverified ones, and a flood below all: it must not bury them.
 * @param {Incident} view
 */
function laneRank(view) {
  if (view.lane === "verified") return 0;
  return state.groups.has(view.incident_id) ? 2 : 1;
}

/**
 * What must be answered, then what needs another act.
 * @param {Incident} view
 */
function actRank(view) {
  if (rings(view)) return 0;
  return nextStep(view) ? 1 : 2;
}

/** All that is open, what needs somebody first: by lane, by act, by urgency, and who pressed first. */
export function ordered() {
  const rank = (/** @type {Incident} */ view) => [
    laneRank(view),
    actRank(view),
    -view.urgency,
    Date.parse(view.raised_at),
  ];
  const views = [...state.incidents.values()].map(({ view }) => ({ view, rank: rank(view) }));
  return views.sort((a, b) => compare(a.rank, b.rank)).map(({ view }) => view);
}

/**
 * By the first number in which two ranks differ.
 * @param {number[]} a
 * @param {number[]} b
 */
const compare = (a, b) => a.map((value, i) => value - b[i]).find((difference) => difference !== 0) ?? 0;

/**
 * Green, amber or red as of now: a fix ages while it is looked at.
 * @param {Api.LocationView | null} location
 */
export function quality(location) {
  const limits = state.me?.limits;
  if (!plottable(location) || !location.at || location.radius_m === null || !limits) return "red";
  const age = Math.abs(now() - Date.parse(location.at)) / 1000;
  if (age <= limits.green_age_s && location.radius_m <= limits.green_radius_m) return "green";
  return age <= limits.amber_age_s && location.radius_m <= limits.amber_radius_m ? "amber" : "red";
}

/**
 * How well the place of an alarm is known; from who has a conflict of interest it is kept, which is not the same as unknown.
 * @param {Incident} view
 */
export const known = (view) => (view.conflicted ? "withheld" : view.location ? quality(view.location) : "none");

/**
 * 0,0 and its neighbourhood is what devices send that know nothing.
 * @template {{ lat: number | null, lon: number | null }} P
 * @param {P | null | undefined} place
 * @returns {place is P & Place}
 */
export function plottable(place) {
  const [lat, lon] = [place?.lat ?? Number.NaN, place?.lon ?? Number.NaN];
  return Number.isFinite(lat) && Number.isFinite(lon) && !(Math.abs(lat) < 0.01 && Math.abs(lon) < 0.01);
}

/**
 * Metres between two places (great circle).
 * @param {Place} a
 * @param {Place} b
 */
export function metres(a, b) {
  const rad = Math.PI / 180;
  const [dLat, dLon] = [(b.lat - a.lat) * rad, (b.lon - a.lon) * rad];
  const h = Math.sin(dLat / 2) ** 2 + Math.cos(a.lat * rad) * Math.cos(b.lat * rad) * Math.sin(dLon / 2) ** 2;
  return 12742000 * Math.asin(Math.sqrt(h));
}

/**
 * Here, or lent to us, and without an order.
 * @param {Unit} unit
 */
const isFree = (unit) =>
  (unit.lent_to ?? unit.control_room_id) === state.me?.cic && unit.available && !unit.order_id;

/**
 * Free units besides the proposed one, nearest first to where units are looked for: see `search` in the view.
 * @param {Incident} view
 * @param {number} count
 */
export function nearest(view, count) {
  const here = plottable(view.search) ? view.search : null;
  const outside = (/** @type {Unit} */ unit) =>
    Number(here?.basis === "zone" && unit.in_zone_id !== view.zone_id);
  // The list of units is some seconds old; orders are live.
  /** @type {Set<string | undefined>} */
  const taken = new Set(
    [...state.incidents.values()].flatMap((each) => liveOrders(each.view)).map((order) => order.unit_id),
  );
  taken.add(proposal(view)?.unit_id);
  return state.units
    .filter((unit) => isFree(unit) && !taken.has(unit.unit_id))
    .map((unit) => ({ unit, away: here && plottable(unit) ? metres(here, unit) : null }))
    .sort(
      (a, b) =>
        Number(b.unit.fresh) - Number(a.unit.fresh) ||
        outside(a.unit) - outside(b.unit) ||
        (a.away ?? Infinity) - (b.away ?? Infinity) ||
        a.unit.callsign.localeCompare(b.unit.callsign),
    )
    .slice(0, count);
}
