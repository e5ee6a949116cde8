// Where the alarms of a control room go: an admin proposes it, a supervisor of that room confirms it.

import { get, Problem, post, put } from "./api.js";
import { byId, el, fill, focused, say } from "./dom.js";
import { watchAddress, whoAmI } from "./session.js";
import { language, locale, nameOf, showFixed, speak, t, word } from "./words.js";

const EVERY_MS = 15000;
/** @type {Me} */
let me;
/** @type {Api.ControlRoomOut[]} */
let rooms = [];
/** @type {Api.RoomWebhook[]} */
let webhooks = [];

const isAdmin = () => me.roles.includes("admin");
/** @param {Api.RoomWebhook} hook */
const isSupervisorOf = (hook) => me.roles.includes("supervisor") && me.cic === hook.control_room_id;
/** @param {Api.RoomWebhook} hook */
const roomOf = (hook) => rooms.find((room) => room.id === hook.control_room_id);
/** @param {string} at */
const moment = (at) => new Date(at).toLocaleString(locale(), { dateStyle: "medium", timeStyle: "short" });

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host;
  } catch {
    return url;
  }
}

async function load() {
  [rooms, webhooks] = await Promise.all([get("/v1/control-rooms"), get("/v1/webhooks")]);
  // What waits first, then what does not work: nobody should have to look for it.
  /** @param {Api.RoomWebhook} hook */
  const rank = (hook) =>
    hook.proposed ? 0 : ["failing", "parked"].includes(hook.state) ? 1 : hook.webhook_url ? 2 : 3;
  webhooks.sort((a, b) => rank(a) - rank(b) || a.control_room_id.localeCompare(b.control_room_id));
  show();
}

function show() {
  if (document.querySelector("#rooms form:focus-within")) return; // what somebody types stays
  fill(byId("rooms"), [language, webhooks], () => webhooks.map(item));
}

/** @param {Api.RoomWebhook} hook */
function item(hook) {
  /**
   * @param {string} name
   * @param {Child} value
   * @returns {Child[]}
   */
  const line = (name, value) => [el("dt", {}, name), el("dd", {}, value)];
  return el(
    "li",
    { "data-room": hook.control_room_id, class: hook.proposed ? "waits" : null },
    el(
      "h2",
      {},
      nameOf(roomOf(hook)?.names) || hook.control_room_id,
      el("span", { class: "state", "data-state": hook.state }, word("webhook", hook.state)),
    ),
    el(
      "dl",
      {},
      line(t("webhookHost"), hook.webhook_url ? hostOf(hook.webhook_url) : t("webhookNone")),
      hook.webhook_url &&
        line(
          t("webhookDelivered"),
          hook.delivered_at
            ? el("time", { datetime: hook.delivered_at }, moment(hook.delivered_at))
            : t("webhookNever"),
        ),
      hook.undelivered > 0 && line(t("webhookUndelivered"), String(hook.undelivered)),
    ),
    hook.proposed && asked(hook, hook.proposed),
    isAdmin() && form(hook),
  );
}

/**
 * What waits for a second person, and what whoever looks can do about it.
 * @param {Api.RoomWebhook} hook
 * @param {Api.WebhookProposed} proposed
 */
function asked(hook, proposed) {
  const mine = proposed.proposed_by === me.subject;
  /** @param {string} what */
  const hold = (what) => `${what} ${hook.control_room_id}`;
  return el(
    "div",
    { class: "asked" },
    el(
      "p",
      {},
      el(
        "strong",
        {},
        proposed.webhook_url
          ? t("webhookAsked", { host: hostOf(proposed.webhook_url) })
          : t("webhookAskedNone"),
      ),
    ),
    proposed.webhook_url && el("p", {}, proposed.webhook_url),
    el("p", {}, t("webhookAskedBy", { person: proposed.proposed_by, time: moment(proposed.proposed_at) })),
    isSupervisorOf(hook) && mine && el("p", { class: "wrong" }, t("webhookMine")),
    !isSupervisorOf(hook) && el("p", {}, t("webhookWaitsFor")),
    el(
      "p",
      { class: "acts" },
      isSupervisorOf(hook) &&
        !mine &&
        el(
          "button",
          {
            type: "button",
            class: "go",
            "data-hold": hold("confirm"),
            onclick: () => answer(hook, proposed, "confirm"),
          },
          t("webhookConfirm"),
        ),
      el(
        "button",
        { type: "button", "data-hold": hold("decline"), onclick: () => answer(hook, proposed, "decline") },
        mine || !isSupervisorOf(hook) ? t("webhookWithdraw") : t("webhookReject"),
      ),
    ),
  );
}

/**
 * @param {Api.RoomWebhook} hook
 * @param {Api.WebhookProposed} proposed
 * @param {string} what
 */
async function answer(hook, proposed, what) {
  await attempt(
    () =>
      post(`/v1/control-rooms/${encodeURIComponent(hook.control_room_id)}/webhook/${what}`, {
        proposal_id: proposed.proposal_id,
      }),
    what,
  );
}

/**
 * Say what became of an act, and look again; raises nothing.
 * @param {() => Promise<unknown>} act
 * @param {string} done
 */
async function attempt(act, done) {
  say(byId("problem"), null);
  say(byId("done"), null);
  try {
    await act();
    say(byId("done"), word("webhookDone", done));
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    say(byId("problem"), `${t("failed")} ${problem.words}`);
  }
  await load().catch((problem) => say(byId("problem"), problem.words));
}

/** @param {Api.RoomWebhook} hook */
function form(hook) {
  /** @param {string} name */
  const id = (name) => `${name}-${hook.control_room_id}`;
  /**
   * @param {string} name
   * @param {Record<string, string>} extra
   * @returns {Child[]}
   */
  const field = (name, extra) => [
    el("label", { for: id(name) }, word("field", name)),
    el("input", {
      id: id(name),
      name,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `${id(name)}-wrong`,
      ...extra,
    }),
    el("span", { id: `${id(name)}-wrong`, class: "wrong", role: "alert" }),
  ];
  const node = el(
    "form",
    { novalidate: true },
    field("webhook_url", { type: "url", maxlength: "500", placeholder: "https://" }),
    field("webhook_secret", { type: "text" }),
    el(
      "p",
      { class: "acts" },
      el(
        "button",
        {
          type: "button",
          onclick: () => {
            input(node, "webhook_secret").value = newSecret();
          },
        },
        t("webhookNewSecret"),
      ),
      el("button", { type: "submit", class: "go" }, t("webhookPropose")),
      hook.webhook_url &&
        el(
          "button",
          { type: "button", onclick: () => propose(hook, node, { webhook_url: null }) },
          t("webhookProposeNone"),
        ),
    ),
  );
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    propose(hook, node, {
      webhook_url: input(node, "webhook_url").value.trim(),
      webhook_secret: input(node, "webhook_secret").value.trim(),
    });
  });
  return el("details", {}, el("summary", {}, t("webhookAnother")), node);
}

/**
 * @param {Api.RoomWebhook} hook
 * @param {HTMLFormElement} node
 * @param {{ webhook_url: string | null, webhook_secret?: string }} wanted
 */
async function propose(hook, node, wanted) {
  for (const each of node.querySelectorAll(".wrong")) each.textContent = "";
  for (const each of node.querySelectorAll("input")) each.removeAttribute("aria-invalid");
  const { policy, amqp } = /** @type {Api.ControlRoomOut} */ (roomOf(hook)); // all of it is said anew: what was set stays
  try {
    await put(`/v1/control-rooms/${encodeURIComponent(hook.control_room_id)}`, { policy, amqp, ...wanted });
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    const field = input(node, problem.field);
    if (!field) return say(byId("problem"), `${t("failed")} ${problem.words}`);
    field.setAttribute("aria-invalid", "true");
    byId(`${field.id}-wrong`).textContent = `${word("wrong", problem.field)} (${problem.message})`;
    return field.focus();
  }
  node.reset();
  focused()?.blur();
  say(byId("problem"), null);
  say(byId("done"), word("webhookDone", "propose"));
  return load();
}

/**
 * @param {HTMLFormElement} node
 * @param {string | null} name
 */
const input = (node, name) => /** @type {HTMLInputElement} */ (node.elements.namedItem(name ?? ""));

/** 32 random bytes as Standard Webhooks writes them. */
const newSecret = () => `whsec_${btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(32))))}`;

async function run() {
  showFixed();
  byId("language").value = language;
  byId("language").addEventListener("change", () => {
    speak(byId("language").value);
    show();
  });
  watchAddress();
  me = await whoAmI(null, false);
  const look = () => load().catch((problem) => say(byId("problem"), problem.words));
  await look();
  setInterval(look, EVERY_MS);
}

run();
