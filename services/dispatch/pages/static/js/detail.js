// The chosen alarm: what to do now, where, who goes, what to know.

import { clockTime } from "./clock.js";
import { mayClose } from "./closing.js";
import { byId, el, fill, say } from "./dom.js";
import { groupOf, progress, roomName, zoneName } from "./list.js";
import { another, countOf, isOurs, known, late, leading, liveOrders, nearest, nextStep, plottable, proposal, quality, rings, selected, state, stepOf, viewOf } from "./state.js";
import { radio } from "./radio.js";
import { language, locale, t, word } from "./words.js";

const KEYS = { next: "N", acknowledge: "Enter", "take-over": "T", send: "S", choose: "U" };
let shownAt = 0;

/** The second half of a double click must not do the step that came in the place of the first. */
export const settled = () => performance.now() - shownAt > 700;

const PARTS = ["head", "place", "orders", "flags", "units", "more"];
const STEPS_OPEN = new Set(["proposed", "sent", "received", "acknowledged", "en_route"]);
const WAY = ["sent", "received", "acknowledged", "en_route", "on_scene"];

/** Redraw the chosen alarm. `act.send(unitId)`, `act.radio(order, state)`, `act.pick(id)`; `busy`: an answer is awaited. */
export function showAlarm(act, busy) {
  const view = selected();
  byId("alarm").hidden = !view;
  if (!view) {
    for (const part of PARTS) fill(byId(part), null, () => []); // nothing of a closed alarm stays in the page
    for (const line of ["duress", "progress", "problem"]) say(byId(line), null);
    return;
  }
  byId("alarm").dataset.incident = view.incident_id;
  const many = groupOf(view) ? countOf(groupOf(view)) : 0;
  const key = [language, view.incident_id, view.revision, state.zones.size, state.rooms.size, many];
  fill(byId("head"), [...key, view.tied, Boolean(leading(view)) || late(view)], () => head(view, many));
  say(byId("duress"), view.cancel === "duress" ? t("duress") : null);
  showActions(view, busy, many);
  fill(byId("place"), [...key, known(view)], () => place(view));
  fill(byId("orders"), [...key, busy], () => orders(view, act, busy));
  fill(byId("flags"), key, () => flags(view));
  const near = nearest(view, 4);
  const open = !view.acknowledged_at || !isOurs(view) || view.tied;
  fill(byId("units"), [...key, busy, near.map(({ unit, away }) => [unit.unit_id, unit.fresh, away && Math.round(away / 50)])], () =>
    units(view, near, open || busy, act),
  );
  fill(byId("more"), key, () => more(view, act, many));
}

function head(view, many) {
  const reached = leading(view);
  const order = !reached && el(
    "p",
    { class: late(view) ? "deadline over" : "deadline" },
    late(view) ? t("overdue") : t("due"),
    " ",
    el("time", { [late(view) ? "data-since" : "data-until"]: view.deadline_at }),
  );
  return [
    el(
      "div",
      { class: many ? "banner flood" : rings(view) ? "banner ringing" : "banner" },
      el("p", {}, el("strong", { class: "mark" }, view.marking), el("span", { class: "who" }, many ? t("unprovedMany", { count: many }) : (view.card?.victim.name ?? t(view.tied ? "nameWithheld" : "noName")))),
      el("time", { class: "age", "data-since": view.raised_at }),
    ),
    el(
      "div",
      { class: "facts" },
      nextStep(view) && el("p", {}, progress(view)),
      order,
      view.escalation && el("p", { class: view.acknowledged_at && !nextStep(view) ? "escalated past" : "escalated" }, t("escalated"), " ", word("escalation", view.escalation)),
    ),
  ];
}

function showActions(view, busy, many) {
  const step = nextStep(view) ?? (another() ? "next" : null);
  const primary = byId("primary");
  primary.hidden = !step;
  if (primary.dataset.step !== (step ?? "")) shownAt = performance.now();
  primary.dataset.step = step ?? "";
  primary.setAttribute("aria-busy", String(busy));
  primary.classList.toggle("many", many > 0);
  if (step) {
    const unit = proposal(view);
    const label = {
      acknowledge: () => (many ? t("step.acknowledge.many", { count: many }) : null),
      send: () => t("step.send", { unit: unit.callsign }) + distance(unit.distance_m),
      next: () => t("step.next", { zone: zoneName(another()) }),
    };
    primary.querySelector("span").textContent = busy ? t("busy") : label[step]?.() ?? t(`step.${step}`);
    primary.querySelector("kbd").textContent = KEYS[step];
  }
  const order = leading(view);
  say(byId("progress"), nextStep(view) ? null : order ? t("onItsWay", { unit: order.callsign, state: word("order", order.state) }) : progress(view));
  byId("progress").dataset.state = order?.state ?? "";
  const offered = !isOurs(view) && !view.tied && step !== "take-over";
  say(byId("take-over"), offered ? `${t("step.take-over")} (T)` : null);
}

/** Of a unit that may not be there any more. */
const noSign = (seenAt) => (seenAt ? t("noSignSince", { time: clockTime(seenAt, locale()) }) : t("noSign"));

const distance = (m) => (m === null || m === undefined ? "" : ` · ${kilometres(m)}`);
const kilometres = (m) => (m < 950 ? `${Math.round(m / 10) * 10} m` : `${(m / 1000).toLocaleString(locale(), { maximumFractionDigits: 1 })} km`);

function place(view) {
  const { location } = view;
  const tone = quality(location);
  const doubtful = tone === "red" && !view.tied;
  return [
    el("h3", {}, t("location")),
    el(
      "p",
      { class: "where" },
      el("span", { class: `tag ${tone}` }, t(`quality.${known(view)}`)),
      location?.radius_m != null && el("span", {}, t("radius", { metres: Math.round(location.radius_m) })),
      location?.at && el("span", {}, t("measured"), " ", el("time", { "data-since": location.at }), " ", t("ago")),
      location && !location.at && el("span", {}, t("ageUnknown")),
    ),
    el("p", {}, t("zone"), " ", el("strong", {}, zoneName(view)), view.border_zones.length > 0 && ` · ${t("near")} ${view.border_zones.map((id) => zoneName({ zone_id: id })).join(", ")}`),
    doubtful && el("p", { class: "address" }, t("lastAddress"), " ", el("strong", {}, view.last_known_address ?? t("unknown"))),
    view.basis !== "current_fix" && el("p", {}, word("basis", view.basis)),
  ];
}

function orders(view, act, busy) {
  const shown = [...view.orders].sort((a, b) => stepOf(b) - stepOf(a));
  if (!shown.length) return [el("h3", {}, t("unitsSent")), el("p", {}, t("noUnitSent"))];
  return [el("h3", {}, t("unitsSent")), el("ul", { class: "orders" }, shown.map((each) => order(view, each, act, busy)))];
}

function order(view, each, act, busy) {
  const at = WAY.indexOf(each.state);
  return el(
    "li",
    { "data-state": each.state },
    el("strong", {}, each.callsign),
    el("span", { class: "state" }, word("order", each.state), each.by_radio && ` · ${t("byRadio")}`, each.reason && ` (${word("reason", each.reason)})`),
    el("span", { class: "way", "aria-hidden": "true" }, at >= 0 && WAY.map((_, i) => el("i", { class: i <= at ? "done" : null }))),
    el("time", { class: "since", "data-since": each.at }),
    STEPS_OPEN.has(each.state) && each.search_basis && el("span", { class: "measured" }, [each.distance_m !== null && kilometres(each.distance_m), word("search", each.search_basis)].filter(Boolean).join(" ")),
    radio(view, each, act, busy),
  );
}

function flags(view) {
  const told = [
    view.presses > 1 && t("presses", { count: view.presses }),
    view.cancel === "requested" && t("cancelRequested"),
    ...view.flags.map((flag) => word("flag", flag)),
  ].filter(Boolean);
  return told.length ? [el("h3", {}, t("attention")), el("ul", { class: "told" }, told.map((text) => el("li", {}, text)))] : [];
}

function units(view, near, closed, act) {
  const rows = near.map(({ unit, away }) =>
    el(
      "li",
      { class: unit.fresh ? null : "silent-unit" },
      el("strong", {}, unit.callsign),
      el("span", {}, away !== null ? kilometres(away) : !plottable(unit) && t("placeUnknown"), !unit.fresh && ` · ${noSign(unit.seen_at)}`),
      el("button", { type: "button", "data-hold": unit.unit_id, "data-unit": unit.unit_id, disabled: closed, "aria-label": t("sendUnit", { unit: unit.callsign }), onclick: () => act.send(unit.unit_id) }, t("send")),
    ),
  );
  return [
    el("h3", {}, t("otherUnits"), " ", el("kbd", {}, "U")),
    view.search && view.search.basis !== "fix" && el("p", { class: "hint" }, t("measuredFrom"), " ", word("search", view.search.basis)),
    rows.length ? el("ul", { class: "near" }, rows) : el("p", {}, t("noFreeUnits")),
    closed && rows.length > 0 && el("p", { class: "hint" }, t(view.tied ? "tied" : isOurs(view) ? "acknowledgeFirst" : "takeOverFirst")),
  ];
}

function more(view, act, many) {
  const moments = [["raised", view.raised_at], ["routed", view.routed_at], ["displayed", view.displayed_at], ["acknowledged", view.acknowledged_at]];
  const linked = view.linked_incidents.map((id) => ({ id, other: viewOf(id) }));
  return [
    linked.length > 0 && el("h3", {}, t("linked")),
    linked.length > 0 && el("ul", { class: "linked" }, linked.map(({ id, other }) => el("li", {}, other
      ? el("button", { type: "button", "data-hold": id, onclick: () => act.pick(id) }, `STALKINGALARM · ${zoneName(other)}`)
      : t("linkedElsewhere")))),
    !isOurs(view) && el("p", {}, t("belongsTo", { room: roomName(view.control_room_id) })),
    el("p", { class: "moments" }, moments.filter(([, at]) => at).map(([name, at]) => el("span", {}, `${t(`moment.${name}`)} ${clockTime(at, locale())}`))),
    mayClose(view) && el("button", { type: "button", id: "close-alarm", "data-hold": "close", onclick: () => act.close(view) }, many ? t("closeMany", { count: many }) : t("closeTitle"), "…"),
  ];
}
