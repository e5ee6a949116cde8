// The alarms, what needs an act first.

import { byId, el, fill, say } from "./dom.js";
import { countOf, isOurs, known, leading, nextStep, ordered, quality, rings, state } from "./state.js";
import { nameOf, nt, t, word } from "./words.js";

/**
 * Redraw the list. `onPick(id)` when an alarm is chosen with the pointer.
 * @param {(id: string) => void} onPick
 */
export function showList(onPick) {
  const list = byId("list");
  const views = ordered();
  fill(list, [document.documentElement.lang, state.selected, views.map(keyOf)], () =>
    views.map((view) => item(view, onPick)),
  );
  list.setAttribute("aria-activedescendant", state.selected ? `alarm-${state.selected}` : "");
  const waiting = views.filter(rings).length;
  byId("alarms-title").textContent = t("alarms", { count: views.length, waiting });
  byId("alarms-title").classList.toggle("waiting", waiting > 0);
  byId("none").hidden = views.length > 0;
  document.title = waiting ? `(${waiting}) STALKINGALARM` : "STALKINGALARM";
  return waiting;
}

/** @param {Incident} view */
const keyOf = (view) => {
  const group = groupOf(view);
  return [view.incident_id, view.revision, known(view), state.zones.size, group && countOf(group)];
};

/** @param {Incident} view */
export const groupOf = (view) => state.groups.get(view.incident_id);

/**
 * Where, in a name that the operator knows.
 * @param {Pick<Incident, "zone_id">} view
 */
export const zoneName = (view) =>
  nameOf(state.zones.get(view.zone_id ?? "")?.names) || view.zone_id || t("zoneUnknown");

/**
 * How far the help is, in a few words.
 * @param {Incident} view
 */
export function progress(view) {
  if (!view.acknowledged_at)
    return rings(view) ? t("notAcknowledged") : t("otherRoom", { room: roomName(view.control_room_id) });
  const order = leading(view);
  return order ? `${order.callsign}: ${word("order", order.state)}` : t("noUnitSent");
}

/** @param {string} id */
export const roomName = (id) => nameOf(state.rooms.get(id)?.names) || id;

/**
 * @param {Incident} view
 * @param {(id: string) => void} onPick
 */
function item(view, onPick) {
  const chosen = view.incident_id === state.selected;
  const group = groupOf(view);
  const looks = [
    "item",
    group && "flood",
    rings(view) && "ringing",
    chosen && "chosen",
    view.cancel === "duress" && "under-duress",
  ];
  return el(
    "li",
    {
      id: `alarm-${view.incident_id}`,
      role: "option",
      class: looks.filter(Boolean).join(" "),
      "aria-selected": String(chosen),
      "data-incident": view.incident_id,
      "data-acknowledged": String(Boolean(view.acknowledged_at)),
      onclick: () => onPick(view.incident_id),
    },
    el(
      "div",
      { class: "row" },
      el("strong", { class: "mark" }, view.marking),
      el("time", { class: "age", "data-since": view.raised_at }),
    ),
    group && el("div", { class: "many" }, nt("unverifiedMany", countOf(group))),
    el("div", { class: "where" }, zoneName(view)),
    el("div", { class: "what" }, progress(view)),
    el("div", { class: "tags" }, tags(view)),
  );
}

/** @param {Incident} view */
function tags(view) {
  return [
    view.cancel === "duress" && el("span", { class: "tag duress-tag" }, t("duressShort")),
    view.cancel === "requested" && el("span", { class: "tag" }, t("cancelShort")),
    view.escalation &&
      (!view.acknowledged_at || nextStep(view)) &&
      el("span", { class: "tag loud" }, word("escalation", view.escalation)),
    view.lane === "unverified" && el("span", { class: "tag" }, t("unverifiedShort")),
    !isOurs(view) && el("span", { class: "tag" }, roomName(view.control_room_id)),
    view.presses > 1 && el("span", { class: "tag loud" }, t("pressesShort", { count: view.presses })),
    view.linked_incidents.length > 0 && el("span", { class: "tag" }, t("linkedShort")),
    el("span", { class: `tag ${quality(view.location)}` }, word("quality", known(view))),
  ];
}

/**
 * One line about alarms that ended, so that none just vanishes.
 * @param {string} text
 */
export const sayEnded = (text) => say(byId("ended"), text);
