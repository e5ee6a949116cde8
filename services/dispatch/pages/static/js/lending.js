// Units that one control room lends or gives to another: both want it, and either ends a loan.

import { get, Problem, post } from "./api.js";
import { byId, el, fill, say } from "./dom.js";
import { watchAddress, whoAmI } from "./session.js";
import { language, nameOf, showFixed, speak, t, word } from "./words.js";

const EVERY_MS = 15000;
/** @type {Member} */
let me;
/** @type {Api.ControlRoomOut[]} */
let rooms = [];
/** @type {Unit[]} */
let units = [];

const isSupervisor = () => me.roles.includes("supervisor");
/** @param {Unit} unit */
const isOurs = (unit) => unit.control_room_id === me.cic;
/** @param {string} id */
const roomName = (id) => nameOf(rooms.find((room) => room.id === id)?.names) || id;

// What there is, in the order in which it needs somebody. `asked` waits for an answer from here.
/** @type {Record<string, { holds: (unit: Unit) => unknown, acts: string[] }>} */
const GROUPS = {
  asked: { holds: (unit) => unit.offered_to === me.cic, acts: ["accept", "refuse"] },
  offered: { holds: (unit) => isOurs(unit) && unit.offered_to, acts: ["withdraw"] },
  borrowed: { holds: (unit) => unit.lent_to === me.cic, acts: ["giveBack"] },
  lent: { holds: (unit) => isOurs(unit) && unit.lent_to, acts: ["callBack"] },
};

async function load() {
  [rooms, units] = await Promise.all([
    get("/v1/control-rooms"),
    get(`/v1/control-rooms/${encodeURIComponent(me.cic)}/units`),
  ]);
  show();
}

function show() {
  const told = units.map((unit) => [
    unit.unit_id,
    unit.callsign,
    unit.control_room_id,
    unit.lent_to,
    unit.offered_to,
    unit.offered_as,
  ]);
  fill(byId("lent"), [language, rooms, told], () => Object.keys(GROUPS).map(group));
  byId("offer").hidden = !isSupervisor();
  if (!isSupervisor() || document.querySelector("#offer form:focus-within")) return; // what somebody chooses stays
  fill(byId("offer"), [language, rooms, told], offerForm);
}

/** @param {string} name */
function group(name) {
  const found = units.filter(GROUPS[name].holds);
  return el(
    "section",
    { "aria-labelledby": `group-${name}`, "data-group": name },
    el("h2", { id: `group-${name}` }, word("lending", name)),
    found.length
      ? el(
          "ul",
          {},
          found.map((unit) => item(unit, name)),
        )
      : el("p", {}, t("lendingNothing")),
  );
}

/**
 * @param {Unit} unit
 * @param {string} name
 */
function item(unit, name) {
  /**
   * @param {string} name
   * @param {Child} value
   * @returns {Child[]}
   */
  const line = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
  return el(
    "li",
    { "data-unit": unit.unit_id, class: name === "asked" ? "waits" : null },
    el("h3", {}, unit.callsign),
    el(
      "dl",
      {},
      !isOurs(unit) && line(t("lendingOwner"), roomName(unit.control_room_id)),
      unit.lent_to && line(t("lendingFor"), roomName(unit.lent_to)),
      unit.offered_to && isOurs(unit) && line(t("lendingTo"), roomName(unit.offered_to)),
      unit.offered_as && line(t("lendingKind"), word("lendingAs", unit.offered_as)),
    ),
    isSupervisor()
      ? el(
          "p",
          { class: "acts" },
          GROUPS[name].acts.map((act) => button(unit, act)),
        )
      : el("p", {}, t("lendingOnlySupervisors")),
  );
}

/**
 * @param {Unit} unit
 * @param {string} act
 */
function button(unit, act) {
  const text = word("lendingDo", act);
  return el(
    "button",
    {
      type: "button",
      class: act === "accept" ? "go" : null,
      "aria-label": `${text}: ${unit.callsign}`,
      "data-hold": `${act} ${unit.unit_id}`,
      onclick: () => answer(unit, act),
    },
    text,
  );
}

/**
 * Say what became of an act, and look again; raises nothing.
 * @param {Unit} unit
 * @param {string} act
 */
async function answer(unit, act) {
  say(byId("problem"), null);
  say(byId("done"), null);
  try {
    await post(`/v1/units/${encodeURIComponent(unit.unit_id)}/${act === "accept" ? "accept" : "return"}`);
    say(byId("done"), word("lendingDone", act === "accept" && unit.offered_as === "transfer" ? "take" : act));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(byId("problem"), `${t("failed")} ${problem.words}`);
  }
  await look();
  // Its button is gone with what it was for: whoever works by keyboard goes on where it is said.
  if (document.activeElement === document.body) byId(byId("done").hidden ? "problem" : "done").focus();
}

function offerForm() {
  /** @type {Record<string, [value: string, text: string][]>} */
  const choices = {
    unit_id: units.filter((unit) => isOurs(unit) && !unit.lent_to).map((unit) => [unit.unit_id, unit.callsign]),
    control_room_id: rooms.filter((room) => room.id !== me.cic).map((room) => [room.id, roomName(room.id)]),
    kind: ["loan", "transfer"].map((kind) => [kind, word("lendingAs", kind)]),
  };
  /**
   * @param {string} name
   * @returns {Child[]}
   */
  const field = (name) => [
    el("label", { for: name }, word("offer", name)),
    el(
      "select",
      { id: name, name, "aria-describedby": `${name}-wrong` },
      name !== "kind" && el("option", { value: "" }, t("chooseOutcome")),
      choices[name].map(([value, text]) => el("option", { value }, text)),
    ),
    el("span", { id: `${name}-wrong`, class: "wrong", role: "alert" }),
  ];
  const node = el(
    "form",
    { novalidate: true },
    Object.keys(choices).map(field),
    el("p", { class: "acts" }, el("button", { type: "submit", class: "go" }, t("lendingSend"))),
  );
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    offer(node);
  });
  return [el("h2", { id: "offer-title" }, t("lendingOffer")), node];
}

/**
 * @param {HTMLFormElement} node
 * @param {string | null} name
 */
const choice = (node, name) => /** @type {HTMLSelectElement} */ (node.elements.namedItem(name ?? ""));

/** @param {HTMLFormElement} node */
async function offer(node) {
  for (const each of node.querySelectorAll(".wrong")) each.textContent = "";
  for (const each of node.querySelectorAll("select")) each.removeAttribute("aria-invalid");
  const [unit, room, kind] = ["unit_id", "control_room_id", "kind"].map((name) => choice(node, name));
  const empty = [unit, room].find((each) => !each.value);
  if (empty) return wrong(empty);
  try {
    await post(`/v1/units/${encodeURIComponent(unit.value)}/offer`, {
      control_room_id: room.value,
      kind: kind.value,
    });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const input = choice(node, problem.field);
    return input
      ? wrong(input, ` (${problem.message})`)
      : say(byId("problem"), `${t("failed")} ${problem.words}`);
  }
  node.reset();
  say(byId("problem"), null);
  say(byId("done"), word("lendingDone", "offer"));
  byId("done").focus();
  return look();
}

/**
 * @param {HTMLSelectElement} input
 * @param {string} why
 */
function wrong(input, why = "") {
  input.setAttribute("aria-invalid", "true");
  byId(`${input.id}-wrong`).textContent = word("wrong", input.name) + why;
  input.focus();
}

const look = () => load().catch((problem) => say(byId("problem"), problem.words));

async function run() {
  showFixed();
  byId("language").value = language;
  byId("language").addEventListener("change", () => {
    speak(byId("language").value);
    show();
  });
  watchAddress();
  me = await whoAmI();
  await look();
  setInterval(look, EVERY_MS);
}

run();
