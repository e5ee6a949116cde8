// The units of the chosen alarm: those that were sent, and those that could be.

import { clockTime } from "./clock.js";
import { el } from "./dom.js";
import { radio } from "./radio.js";
import { isOurs, plottable, stepOf } from "./state.js";
import { locale, t, word } from "./words.js";

const STEPS_OPEN = new Set(["proposed", "sent", "received", "acknowledged", "en_route"]);
const WAY = ["sent", "received", "acknowledged", "en_route", "on_scene"];

/**
 * Of a unit that may not be there any more.
 * @param {string | null} seenAt
 */
const noSign = (seenAt) => (seenAt ? t("noSignSince", { time: clockTime(seenAt, locale()) }) : t("noSign"));

/**
 * As it stands after the name of a unit.
 * @param {number | null | undefined} m
 */
export const distance = (m) => (m === null || m === undefined ? "" : ` · ${kilometres(m)}`);
/** @param {number} m */
const kilometres = (m) =>
  m < 950
    ? `${Math.round(m / 10) * 10} m`
    : `${(m / 1000).toLocaleString(locale(), { maximumFractionDigits: 1 })} km`;

/**
 * The units that were sent or proposed, the one that is furthest first.
 * @param {Incident} view
 * @param {Acts} act
 * @param {boolean} busy
 * @returns {Child[]}
 */
export function orders(view, act, busy) {
  const shown = [...view.orders].sort((a, b) => stepOf(b) - stepOf(a));
  if (!shown.length) return [el("h3", {}, t("unitsSent")), el("p", {}, t("noUnitSent"))];
  return [
    el("h3", {}, t("unitsSent")),
    el(
      "ul",
      { class: "orders" },
      shown.map((each) => order(view, each, act, busy)),
    ),
  ];
}

/**
 * @param {Incident} view
 * @param {Order} each
 * @param {Acts} act
 * @param {boolean} busy
 */
function order(view, each, act, busy) {
  const at = WAY.indexOf(each.state);
  return el(
    "li",
    { "data-state": each.state },
    el("strong", {}, each.callsign),
    el(
      "span",
      { class: "state" },
      word("order", each.state),
      each.by_radio && ` · ${t("byRadio")}`,
      each.reason && ` (${word("reason", each.reason)})`,
    ),
    el(
      "span",
      { class: "way", "aria-hidden": "true" },
      at >= 0 && WAY.map((_, i) => el("i", { class: i <= at ? "done" : null })),
    ),
    el("time", { class: "since", "data-since": each.at }),
    STEPS_OPEN.has(each.state) &&
      each.search_basis &&
      el(
        "span",
        { class: "measured" },
        [each.distance_m !== null && kilometres(each.distance_m), word("search", each.search_basis)]
          .filter(Boolean)
          .join(" "),
      ),
    radio(view, each, act, busy),
  );
}

/**
 * Other free units; `closed`: none of them can be sent now.
 * @param {Incident} view
 * @param {ReturnType<typeof import("./state.js").nearest>} near
 * @param {boolean} closed
 * @param {Acts} act
 * @returns {Child[]}
 */
export function units(view, near, closed, act) {
  const rows = near.map(({ unit, away }) =>
    el(
      "li",
      { class: unit.fresh ? null : "silent-unit" },
      el("strong", {}, unit.callsign),
      el(
        "span",
        {},
        away !== null ? kilometres(away) : !plottable(unit) && t("placeUnknown"),
        !unit.fresh && ` · ${noSign(unit.seen_at)}`,
      ),
      el(
        "button",
        {
          type: "button",
          "data-hold": unit.unit_id,
          "data-unit": unit.unit_id,
          disabled: closed,
          "aria-label": t("sendUnit", { unit: unit.callsign }),
          onclick: () => act.send(unit.unit_id),
        },
        t("send"),
      ),
    ),
  );
  return [
    el("h3", {}, t("otherUnits"), " ", el("kbd", {}, "U")),
    view.search &&
      view.search.basis !== "fix" &&
      el("p", { class: "hint" }, t("measuredFrom"), " ", word("search", view.search.basis)),
    rows.length ? el("ul", { class: "near" }, rows) : el("p", {}, t("noFreeUnits")),
    closed &&
      rows.length > 0 &&
      el(
        "p",
        { class: "hint" },
        view.conflicted ? t("conflicted") : isOurs(view) ? t("acknowledgeFirst") : t("takeOverFirst"),
      ),
  ];
}
