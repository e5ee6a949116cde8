// A supervisor ends an alarm from a distance: what came of it, and why the crew does not say so itself.

import { Problem, post } from "./api.js";
import { byId, el, say } from "./dom.js";
import { zoneName } from "./list.js";
import { isOurs, liveOrders, state, viewOf } from "./state.js";
import { t, word } from "./words.js";

export const OUTCOMES = ["genuine", "perpetrator_present", "arrest", "accidental", "technical", "test"];
let asked = null; // the incident that the form stands for

/** Only a supervisor of the alarm's own control room; the service checks it again. */
export const mayClose = (view) => isOurs(view) && !view.tied && Boolean(state.me?.roles.includes("supervisor"));

/** The outcomes to choose from, none of them beforehand. */
export const outcomeChoices = (codes) => [["", t("chooseOutcome")], ...codes.map((code) => [code, word("outcome", code)])].map(([value, text]) => el("option", { value }, text));

/** Open the form for an alarm; nothing is chosen beforehand. */
export function askToClose(view) {
  asked = view.incident_id;
  byId("outcome").replaceChildren(...outcomeChoices(OUTCOMES));
  byId("closing").showModal();
  showClosing();
}

/** Keep the open form true: it goes with its alarm, and says at once that the victim was forced. */
export function showClosing() {
  if (!asked) return;
  const view = viewOf(asked);
  if (!view) {
    byId("closing").close();
    return;
  }
  say(byId("closing-whom"), `${view.card?.victim.name ?? t("noName")} · ${zoneName(view)}`);
  say(byId("closing-duress"), view.cancel === "duress" ? t("duress") : null);
  const units = liveOrders(view).map((order) => order.callsign).join(", ");
  say(byId("closing-units"), units ? t("closeCallsBack", { units }) : null);
}

/** `closed(view)`: the alarm has ended, and this is what is left of it. */
export function prepareClosing(closed) {
  const dialog = byId("closing");
  byId("closing-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const view = viewOf(asked);
    if (!view) return;
    byId("closing-do").disabled = true;
    say(byId("closing-problem"), null);
    try {
      const body = { outcome: byId("outcome").value, reason: byId("reason").value.trim() };
      closed(await post(`/v1/incidents/${view.incident_id}/close`, body, view.traceparent));
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      say(byId("closing-problem"), `${t("failed")} ${problem.words}`);
    } finally {
      byId("closing-do").disabled = false;
    }
  });
  byId("closing-not").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    asked = null;
    byId("closing-form").reset(); // what was typed about somebody does not stay in the page
    for (const line of ["closing-whom", "closing-duress", "closing-units", "closing-problem"]) say(byId(line), null);
    byId("list").focus();
  });
}
