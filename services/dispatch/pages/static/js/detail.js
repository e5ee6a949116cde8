// The chosen alarm: what to do now, where, who goes, what to know.

import { clockTime } from "./clock.js";
import { mayClose } from "./closing.js";
import { byId, el, fill, part, say } from "./dom.js";
import { groupOf, progress, roomName, zoneName } from "./list.js";
import {
  another,
  countOf,
  isOurs,
  known,
  late,
  leading,
  nearest,
  nextStep,
  proposal,
  quality,
  rings,
  selected,
  state,
  viewOf,
} from "./state.js";
import { distance, orders, units } from "./units.js";
import { language, locale, nt, t, word } from "./words.js";

const KEYS = { next: "N", acknowledge: "Enter", "take-over": "T", send: "S", choose: "U" };
let shownAt = 0;

/** The second half of a double click must not do the step that came in the place of the first. */
export const settled = () => performance.now() - shownAt > 700;

const PARTS = ["head", "place", "orders", "flags", "units", "more"];

/**
 * Redraw the chosen alarm. `act.send(unitId)`, `act.radio(order, state)`, `act.pick(id)`; `busy`: an answer is awaited.
 * @param {Acts} act
 * @param {boolean} busy
 */
export function showAlarm(act, busy) {
  const view = selected();
  byId("alarm").hidden = !view;
  if (!view) {
    for (const part of PARTS) fill(byId(part), null, () => []); // nothing of a closed alarm stays in the page
    for (const line of ["duress", "progress", "problem"]) say(byId(line), null);
    return;
  }
  byId("alarm").dataset.incident = view.incident_id;
  const group = groupOf(view);
  const many = group ? countOf(group) : 0;
  const key = [language, view.incident_id, view.revision, state.zones.size, state.rooms.size, many];
  fill(byId("head"), [...key, view.conflicted, Boolean(leading(view)) || late(view)], () => head(view, many));
  say(byId("duress"), view.cancel === "duress" ? t("duress") : null);
  showActions(view, busy, many);
  fill(byId("place"), [...key, known(view)], () => place(view));
  fill(byId("orders"), [...key, busy], () => orders(view, act, busy));
  fill(byId("flags"), key, () => flags(view));
  const near = nearest(view, 4);
  const open = !view.acknowledged_at || !isOurs(view) || view.conflicted;
  fill(
    byId("units"),
    [...key, busy, near.map(({ unit, away }) => [unit.unit_id, unit.fresh, away && Math.round(away / 50)])],
    () => units(view, near, open || busy, act),
  );
  fill(byId("more"), key, () => more(view, act, many));
}

/**
 * @param {Incident} view
 * @param {number} many
 * @returns {Child[]}
 */
function head(view, many) {
  const reached = leading(view);
  const order =
    !reached &&
    el(
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
      el(
        "p",
        {},
        el("strong", { class: "mark" }, view.marking),
        el(
          "span",
          { class: "who" },
          many
            ? nt("unverifiedMany", many)
            : (view.card?.victim.name ?? (view.conflicted ? t("nameWithheld") : t("noName"))),
        ),
      ),
      el("time", { class: "age", "data-since": view.raised_at }),
    ),
    el(
      "div",
      { class: "facts" },
      nextStep(view) && el("p", {}, progress(view)),
      order,
      view.escalation &&
        el(
          "p",
          { class: view.acknowledged_at && !nextStep(view) ? "escalated past" : "escalated" },
          t("escalated"),
          " ",
          word("escalation", view.escalation),
        ),
    ),
  ];
}

/**
 * @param {Incident} view
 * @param {boolean} busy
 * @param {number} many
 */
function showActions(view, busy, many) {
  const step = nextStep(view) ?? (another() ? "next" : null);
  const primary = byId("primary");
  primary.hidden = !step;
  if (primary.dataset.step !== (step ?? "")) shownAt = performance.now();
  primary.dataset.step = step ?? "";
  primary.setAttribute("aria-busy", String(busy));
  primary.classList.toggle("many", many > 0);
  if (step) {
    part(primary, "span").textContent = busy ? t("busy") : labelOf(step, view, many);
    part(primary, "kbd").textContent = KEYS[step];
  }
  const order = leading(view);
  say(
    byId("progress"),
    nextStep(view)
      ? null
      : order
        ? t("onItsWay", { unit: order.callsign, state: word("order", order.state) })
        : progress(view),
  );
  byId("progress").dataset.state = order?.state ?? "";
  const offered = !isOurs(view) && !view.conflicted && step !== "take-over";
  say(byId("take-over"), offered ? `${t("step.take-over")} (T)` : null);
}

/**
 * What the one button says: the step, and what it would be done with.
 * @param {keyof typeof KEYS} step
 * @param {Incident} view
 * @param {number} many
 */
function labelOf(step, view, many) {
  const unit = proposal(view);
  const after = step === "next" ? another() : null;
  if (step === "acknowledge" && many) return t("step.acknowledge.many", { count: many });
  if (step === "send" && unit) return t("step.send", { unit: unit.callsign }) + distance(unit.distance_m);
  if (after) return t("step.next", { zone: zoneName(after) });
  return word("step", step);
}

/**
 * @param {Incident} view
 * @returns {Child[]}
 */
function place(view) {
  const { location } = view;
  const tone = quality(location);
  const doubtful = tone === "red" && !view.conflicted;
  const measured = t("measured", { age: "|" }).split("|"); // around the age, which goes on
  return [
    el("h3", {}, t("location")),
    el(
      "p",
      { class: "where" },
      el("span", { class: `tag ${tone}` }, word("quality", known(view))),
      location?.radius_m != null && el("span", {}, t("radius", { metres: Math.round(location.radius_m) })),
      location?.at && el("span", {}, measured[0], el("time", { "data-since": location.at }), measured[1]),
      location && !location.at && el("span", {}, t("ageUnknown")),
    ),
    el(
      "p",
      {},
      t("zone"),
      " ",
      el("strong", {}, zoneName(view)),
      view.border_zones.length > 0 &&
        ` · ${t("near")} ${view.border_zones.map((id) => zoneName({ zone_id: id })).join(", ")}`,
    ),
    doubtful &&
      el(
        "p",
        { class: "address" },
        t("lastAddress"),
        " ",
        el("strong", {}, view.last_known_address ?? t("unknown")),
      ),
    view.basis !== "current_fix" && el("p", {}, word("basis", view.basis)),
  ];
}

/**
 * @param {Incident} view
 * @returns {Child[]}
 */
function flags(view) {
  const told = [
    view.presses > 1 && t("presses", { count: view.presses }),
    view.cancel === "requested" && t("cancelRequested"),
    ...view.flags.map((flag) => word("flag", flag)),
  ].filter(Boolean);
  return told.length
    ? [
        el("h3", {}, t("attention")),
        el(
          "ul",
          { class: "told" },
          told.map((text) => el("li", {}, text)),
        ),
      ]
    : [];
}

/**
 * @param {Incident} view
 * @param {Acts} act
 * @param {number} many
 * @returns {Child[]}
 */
function more(view, act, many) {
  const moments = {
    raised: view.raised_at,
    routed: view.routed_at,
    displayed: view.displayed_at,
    acknowledged: view.acknowledged_at,
  };
  const linked = view.linked_incidents.map((id) => ({ id, other: viewOf(id) }));
  return [
    linked.length > 0 && el("h3", {}, t("linked")),
    linked.length > 0 &&
      el(
        "ul",
        { class: "linked" },
        linked.map(({ id, other }) =>
          el(
            "li",
            {},
            other
              ? el(
                  "button",
                  { type: "button", "data-hold": id, onclick: () => act.pick(id) },
                  `STALKINGALARM · ${zoneName(other)}`,
                )
              : t("linkedElsewhere"),
          ),
        ),
      ),
    !isOurs(view) && el("p", {}, t("belongsTo", { room: roomName(view.control_room_id) })),
    el(
      "p",
      { class: "moments" },
      Object.entries(moments).map(
        ([name, at]) => at && el("span", {}, `${word("moment", name)} ${clockTime(at, locale())}`),
      ),
    ),
    mayClose(view) &&
      el(
        "button",
        { type: "button", id: "close-alarm", "data-hold": "close", onclick: () => act.close(view) },
        many ? t("closeMany", { count: many }) : t("closeTitle"),
        "…",
      ),
  ];
}
