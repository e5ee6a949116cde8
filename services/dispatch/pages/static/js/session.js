// Signing in: by the address's #token=..., or by pasting a token. The token never stays in the address.

import { get, Problem, signIn, signOut } from "./api.js";
import { byId, say } from "./dom.js";
import { t } from "./words.js";

const MARK = "#token=";

/**
 * Who is signed in, asking until somebody is. `why`: said in the form; `needsRoom`: only who belongs to a room.
 * @template {boolean} [Room=true]
 * @param {string | null} why
 * @param {Room} needsRoom
 * @returns {Promise<Room extends true ? Member : Me>}
 */
export async function whoAmI(why = null, needsRoom = /** @type {Room} */ (true)) {
  let reason = why;
  let token = null;
  for (;;) {
    try {
      token ??= takeFromAddress() ?? (reason && (await askToken(reason)));
      const me = await signedIn(token);
      if (me.cic || !needsRoom) return me;
      [reason, token] = [t("noRoom"), null];
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (isAway(problem)) await new Promise((done) => setTimeout(done, 1000));
      else [reason, token] = [whyNot(problem, token), null];
    }
  }
}

/** @param {string | null} token */
async function signedIn(token) {
  if (token) await signIn(token);
  return get("/console/me");
}

/**
 * Nobody's fault here: the same again by itself.
 * @param {Problem} problem
 */
const isAway = (problem) => problem.status === 0 || problem.status >= 500;

/**
 * Why nobody is signed in, for the form.
 * @param {Problem} problem
 * @param {string | null} token
 */
function whyNot(problem, token) {
  if (problem.status !== 401) return problem.words;
  return token ? t("tokenRefused") : t("pleaseSignIn");
}

/** A new token in the address of an open page: begin anew with it. */
export function watchAddress() {
  addEventListener(
    "hashchange",
    () => location.hash.startsWith(MARK) && !byId("sign-in").open && location.reload(),
  );
}

export async function leave() {
  await signOut().catch(() => {});
  location.reload();
}

function takeFromAddress() {
  if (!location.hash.startsWith(MARK)) return null;
  const token = decodeURIComponent(location.hash.slice(MARK.length));
  history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/**
 * @param {string} why
 * @returns {Promise<string>}
 */
function askToken(why) {
  const dialog = byId("sign-in");
  const field = byId("token");
  say(byId("sign-in-why"), why);
  field.value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => {
    const again = (/** @type {Event} */ event) => event.preventDefault(); // there is nothing behind it to go back to
    const inAddress = () => finish(takeFromAddress());
    const submit = (/** @type {Event} */ event) => {
      event.preventDefault();
      finish(field.value.trim());
    };
    /** @param {string | null} token */
    function finish(token) {
      if (!token) return;
      dialog.removeEventListener("cancel", again);
      dialog.removeEventListener("submit", submit);
      removeEventListener("hashchange", inAddress);
      field.value = "";
      dialog.close();
      done(token);
    }
    dialog.addEventListener("cancel", again);
    dialog.addEventListener("submit", submit);
    addEventListener("hashchange", inAddress);
  });
}
