// A supervisor ends an alarm from a distance: what came of it, and why the crew does not say so itself.

import { Problem, post } from "./api.js";
import { byId, el, say } from "./dom.js";
import { zoneName } from "./list.js";
import { isOurs, liveOrders, state, viewOf } from "./state.js";
import { t, word } from "./words.js";

export const OUTCOMES = ["genuine", "perpetrator_present", "arrest", "accidental", "technical", "test"];
const MANY_MS = 60000; // each of them is ended by itself
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
  const group = state.groups.get(asked);
  const whom = group ? t("unprovedMany", { count: group.count }) : (view.card?.victim.name ?? t("noName"));
  say(byId("closing-whom"), `${whom} · ${zoneName(view)}`);
  say(byId("closing-duress"), view.cancel === "duress" ? t("duress") : null);
  const units = liveOrders(view).map((order) => order.callsign).join(", ");
  say(byId("closing-units"), units ? t("closeCallsBack", { units }) : null);
}

/** All of a group that nobody proved, in one act; what is left of the one that stands for them, unless it stays. */
async function closeMany(view, said) {
  const { incident_ids } = state.groups.get(view.incident_id);
  const path = `/v1/control-rooms/${encodeURIComponent(view.control_room_id)}/unproved/close`;
  const answer = await post(path, { ...said, incident_ids }, null, MANY_MS);
  return answer.closed.includes(view.incident_id) ? { ...view, state: "closed", outcome: said.outcome } : null;
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
      const ended = state.groups.has(asked) ? await closeMany(view, body) : await post(`/v1/incidents/${view.incident_id}/close`, body, view.traceparent);
      if (ended) closed(ended);
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
