// Puts the console together: feed in, page out, acts back.

import { Problem, post } from "./api.js";
import { lookAside, sayLending } from "./aside.js";
import { showCard } from "./card.js";
import { now, secondsSince, span } from "./clock.js";
import { askToClose, prepareClosing, showClosing } from "./closing.js";
import { settled, showAlarm } from "./detail.js";
import { byId, parts, say } from "./dom.js";
import { listen } from "./keys.js";
import { sayEnded, showList, zoneName } from "./list.js";
import { follow, openMap, showAlarms, showNote, showUnits } from "./map.js";
import { readNames, showRoom } from "./names.js";
import { prepareRadio, showRadio } from "./radio.js";
import { leave, watchAddress, whoAmI } from "./session.js";
import { isSilenced, prepare, silence, want } from "./sound.js";
import { another, isOurs, keepOnly, nextStep, ordered, rings, selected, state, take, viewOf } from "./state.js";
import { Feed } from "./stream.js";
import { language, nt, showFixed, speak, t, word } from "./words.js";

/** @type {number | null} */
let lostAt = Date.now(); // this workstation's own clock: how long *we* have heard nothing
let waiting = 0;
/** @type {Set<string>} Incidents whose answer is awaited. */
const acting = new Set();
/** @type {Set<string>} */
const displayed = new Set();
const DURESS_SOUND_MS = 10000;
const ASIDE_MS = 15000;
/** @type {Feed | null} */
let feed = null;
let soundUntil = 0; // an alarm that was acknowledged long ago is heard again when duress becomes known

// --- showing -----------------------------------------------------------------------------------------------

let planned = false;

/** Redraw once for all that comes in together: a storm of changes must not freeze the page. */
function show() {
  if (planned) return;
  planned = true;
  setTimeout(redraw, 0);
}

function redraw() {
  planned = false;
  if (!viewOf(state.selected)) state.selected = ordered()[0]?.incident_id ?? null;
  waiting = showList(pick);
  showAlarm({ send, radio, pick, close: askToClose }, acting.has(state.selected ?? ""));
  showCard();
  showClosing();
  showRadio();
  showAlarms(pick);
  showUnits();
  tick();
  tellDisplayed();
}

/** Once a second: everything that only time changes. */
function tick() {
  for (const node of parts(document, "[data-since]"))
    node.textContent = span(secondsSince(node.dataset.since ?? ""));
  for (const node of parts(document, "[data-until]"))
    node.textContent = span((Date.parse(node.dataset.until ?? "") - now()) / 1000);
  const live = lostAt === null;
  document.body.dataset.connection = live ? "live" : "lost";
  const text = lostAt === null ? t("live") : t("lost", { time: span((Date.now() - lostAt) / 1000) });
  if (byId("connection").textContent !== text) byId("connection").textContent = text;
  byId("mute").setAttribute("aria-pressed", String(isSilenced()));
  byId("mute").textContent = isSilenced() ? t("silenced") : t("mute");
  byId("mute").title = t("untilNext");
  want(waiting || performance.now() < soundUntil ? "alarm" : live ? null : "lost");
}

/** @param {string | undefined} id */
function pick(id) {
  if (!id || !viewOf(id)) return;
  if (id !== state.selected) say(byId("problem"), null);
  state.selected = id;
  redraw();
  byId(`alarm-${id}`)?.scrollIntoView({ block: "nearest" });
  byId("head").scrollIntoView({ block: "nearest" }); // in one column the list may stand below
}

/** @param {number} by */
function move(by) {
  const ids = ordered().map((view) => view.incident_id);
  const at = ids.indexOf(state.selected ?? "");
  if (ids.length) pick(ids[Math.min(Math.max(at + by, 0), ids.length - 1)]);
  focusList();
}

/** The keys work, and what is in sight stays there: in one column the list is below the alarm. */
const focusList = () => byId("list").focus({ preventScroll: true });

const next = () => pick(another()?.incident_id);

// --- acts --------------------------------------------------------------------------------------------------

/**
 * @param {string} what
 * @param {object | null} body
 * @param {Incident | null} view
 * @param {string} path
 */
async function act(what, body = null, view = selected(), path = `/v1/incidents/${view?.incident_id}/${what}`) {
  if (!view || acting.has(view.incident_id)) return;
  acting.add(view.incident_id);
  say(byId("problem"), null);
  show();
  try {
    arrived(await post(path, body, view.traceparent));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(byId("problem"), `${t("failed")} ${problem.words}`);
  } finally {
    acting.delete(view.incident_id);
    show();
  }
}

/**
 * @param {Order} order
 * @param {string} state
 */
const radio = (order, state) => act("radio", { state }, selected(), `/v1/orders/${order.order_id}/radio`);

/** @param {string | null} unitId */
const send = (unitId) => act("send", { unit_id: unitId });

const STEPS = {
  acknowledge: () => act("acknowledge"),
  "take-over": () => act("take-over"),
  send: () => send(null),
  next: () => next(),
  choose: () => byId("units").querySelector("button")?.focus(),
};

/**
 * Do `step` only if it is the next one: a key pressed once too often must not send a patrol.
 * @param {string[]} steps
 */
function only(...steps) {
  const view = selected();
  if (!view) return;
  const step = nextStep(view) ?? "next";
  if (steps.includes(step)) STEPS[step]();
}

function press() {
  if (!settled()) return;
  only(...Object.keys(STEPS));
  if (byId("primary").dataset.step !== "choose") focusList(); // a held Enter must not press what comes next
}

/** The control room must know that an alarm stands on a screen: said once, until it was heard. */
function tellDisplayed() {
  if (document.visibilityState !== "visible") return;
  for (const { view } of state.incidents.values()) {
    const id = view.incident_id;
    if (!isOurs(view) || view.displayed_at || displayed.has(id)) continue;
    displayed.add(id);
    post(`/v1/incidents/${id}/display`, null, view.traceparent).then(arrived, () => displayed.delete(id));
  }
}

// --- what comes in -----------------------------------------------------------------------------------------

/**
 * Take a view; what is new and grave is heard, even by who had silenced the alarms before it.
 * @param {Incident} view
 */
function receive(view) {
  const before = viewOf(view.incident_id)?.cancel;
  const change = take(view);
  const isNew = change === "new" && rings(view);
  const isDuress = change && view.cancel === "duress" && before !== "duress" && isOurs(view);
  // A flood that was looked at gives way to an alarm that is verified: Enter takes that one.
  if (
    isNew &&
    view.lane === "verified" &&
    state.groups.has(state.selected ?? "") &&
    !document.querySelector("dialog[open]")
  )
    state.selected = view.incident_id;
  if (isDuress) soundUntil = performance.now() + DURESS_SOUND_MS;
  if (isNew || isDuress) {
    silence(false);
    byId("announce").textContent = isDuress ? t("duress") : t("announce", { zone: zoneName(view) });
  }
  return change;
}

/** @param {Incident} view */
function arrived(view) {
  const change = receive(view);
  if (change === "closed") ended(view);
  if (state.askAgain) read();
  if (change) show();
}

/** Read the list now. */
function read() {
  state.askAgain = false;
  feed?.check().catch(() => {}); // it is read again in some seconds anyway
  show();
}

/** @param {Incident} view */
function ended(view) {
  sayEnded(t("endedAs", { zone: zoneName(view), outcome: word("outcome", view.outcome) }));
  byId("announce").textContent = byId("ended").textContent;
}

/**
 * @param {Incident[]} views
 * @param {number} askedAt
 */
function present(views, askedAt) {
  const gone = keepOnly(views, askedAt);
  if (gone.length) sayEnded(nt("endedUnseen", gone.length));
  views.forEach(receive);
  show();
}

/** @param {"live" | "lost"} now_ */
function connection(now_) {
  if (now_ === "live") lostAt = null;
  else lostAt ??= Date.now();
  tick();
}

/** @param {string | null} why */
async function run(why = null) {
  const me = await whoAmI(why);
  state.me = me;
  showRoom();
  openMap();
  focusList();
  const opened = new Feed(me.cic, {
    incident: arrived,
    present,
    units: (units) => {
      state.units = units;
      sayLending();
      show();
    },
    state: connection,
    refused: () => run(t("sessionOver")),
  });
  feed = opened;
  addEventListener("pagehide", () => opened.stop(), { once: true });
  readNames(show);
  lookAside();
}

function wire() {
  showFixed();
  byId("language").value = language;
  byId("language").addEventListener("change", () => {
    speak(byId("language").value);
    showRoom();
    showNote();
    show();
  });
  const mute = () => {
    silence(!isSilenced());
    tick();
  };
  byId("mute").addEventListener("click", mute);
  byId("sign-out").addEventListener("click", leave);
  prepareClosing(arrived, read);
  prepareRadio(arrived);
  byId("primary").addEventListener("click", press);
  byId("take-over").addEventListener("click", STEPS["take-over"]);
  document.addEventListener("visibilitychange", tellDisplayed);
  prepare((blocked) => say(byId("sound-note"), blocked ? t("soundBlocked") : null));
  const acknowledge = () => only("acknowledge", "next");
  const takeOver = () => {
    const view = selected();
    if (view && !isOurs(view) && !view.conflicted) STEPS["take-over"]();
  };
  listen({
    Enter: acknowledge,
    " ": acknowledge,
    a: acknowledge,
    s: () => only("send"),
    t: takeOver,
    u: STEPS.choose,
    r: () => parts(byId("orders"), ".radio button")[0]?.focus(),
    m: mute,
    n: next,
    c: () => follow(true),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
  });
  setInterval(() => {
    if (state.me) show();
    else tick();
  }, 1000);
  setInterval(lookAside, ASIDE_MS);
}

wire();
watchAddress();
run();
