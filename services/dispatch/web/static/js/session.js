// Signing in: by the address's #token=..., or by pasting a token. The token never stays in the address.

import { Problem, get, signIn, signOut } from "./api.js";
import { byId, say } from "./dom.js";
import { t } from "./words.js";

const MARK = "#token=";

/** Who is signed in, asking until somebody is. `why`: said in the form. */
export async function whoAmI(why = null) {
  let reason = why;
  for (;;) {
    try {
      const token = takeFromAddress() ?? (reason && (await askToken(reason)));
      if (token) await signIn(token);
      const me = await get("/console/me");
      if (me.cic) return me;
      reason = t("noRoom");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      reason = problem.status === 401 ? t("pleaseSignIn") : problem.words;
      if (problem.status === 0 || problem.status >= 500) await new Promise((done) => setTimeout(done, 1000));
      if (problem.status === 0 || problem.status >= 500) reason = null;
    }
  }
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

function askToken(why) {
  const dialog = byId("sign-in");
  const field = byId("token");
  say(byId("sign-in-why"), why);
  field.value = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((done) => {
    const again = (event) => event.preventDefault(); // there is nothing behind it to go back to
    const inAddress = () => finish(takeFromAddress());
    const submit = (event) => { event.preventDefault(); finish(field.value.trim()); };
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
