// A supervisor ends an alarm from a distance: what came of it, and why the crew does not say so itself.

import { Problem, post } from "./api.js";
import { byId, el, say } from "./dom.js";
import { sayEnded, zoneName } from "./list.js";
import { isOurs, liveOrders, state, viewOf } from "./state.js";
import { nt, t, word } from "./words.js";

/** @type {Api.Outcome[]} */
export const OUTCOMES = ["genuine", "perpetrator_present", "arrest", "accidental", "technical", "test"];
const MANY_MS = 60000; // each of them is ended by itself
// What the form stands for: an incident, and of a group what was seen of it when the form was opened. What comes
// in later is not closed with it, and an alarm that was verified meanwhile is not closed as one of many.
/** @type {{ id: string, seen: Record<string, number> | null } | null} */
let asked = null;

/**
 * Only a supervisor of the alarm's own control room; the service checks it again.
 * @param {Incident} view
 */
export const mayClose = (view) =>
  isOurs(view) && !view.conflicted && Boolean(state.me?.roles.includes("supervisor"));

/**
 * The outcomes to choose from, none of them beforehand.
 * @param {string[]} codes
 */
export const outcomeChoices = (codes) =>
  [["", t("chooseOutcome")], ...codes.map((code) => [code, word("outcome", code)])].map(([value, text]) =>
    el("option", { value }, text),
  );

/**
 * Open the form for an alarm, or for a group as it stands now; nothing is chosen beforehand.
 * @param {Incident} view
 */
export function askToClose(view) {
  const group = state.groups.get(view.incident_id);
  asked = { id: view.incident_id, seen: group ? { ...group.presses } : null };
  byId("outcome").replaceChildren(...outcomeChoices(OUTCOMES));
  say(byId("closing-title"), seenCount() ? t("closeMany", { count: seenCount() }) : t("closeTitle"));
  say(byId("closing-means"), seenCount() ? t("closeManyMeans", { count: seenCount() }) : t("closeMeans"));
  say(byId("closing-do"), seenCount() ? t("closeManyDo", { count: seenCount() }) : t("closeAlarm"));
  byId("closing").showModal();
  showClosing();
}

const seenCount = () => (asked?.seen ? Object.keys(asked.seen).length : 0);

/** Keep the open form true: it goes with its alarm or group, and says at once that the victim was forced. */
export function showClosing() {
  if (!asked) return;
  const view = viewOf(asked.id);
  const { seen } = asked;
  const group = seen && state.groups.get(asked.id);
  if (!view || (seen && !group)) {
    if (seen) sayEnded(t("groupChanged"));
    byId("closing").close();
    return;
  }
  const whom = group ? nt("unverifiedMany", seenCount()) : (view.card?.victim.name ?? t("noName"));
  say(byId("closing-whom"), `${whom} · ${zoneName(view)}`);
  const later = group
    ? Object.entries(group.presses).filter(([id, presses]) => !(seen[id] >= presses)).length
    : 0;
  say(byId("closing-later"), later ? nt("cameLater", later) : null);
  say(byId("closing-duress"), view.cancel === "duress" ? t("duress") : null);
  const units = liveOrders(view)
    .map((order) => order.callsign)
    .join(", ");
  say(byId("closing-units"), units ? t("closeCallsBack", { units }) : null);
}

/**
 * All of a group that were seen, in one act; says what was left, and returns what is left of their head.
 * @param {Incident} view
 * @param {{ outcome: string, reason: string }} said
 * @param {Record<string, number>} seen
 */
async function closeMany(view, said, seen) {
  const path = `/v1/control-rooms/${encodeURIComponent(view.control_room_id)}/unverified/close`;
  const answer = await post(path, { ...said, incident_ids: Object.keys(seen), presses: seen }, null, MANY_MS);
  for (const id of answer.closed) state.over.add(id);
  state.groups.delete(view.incident_id);
  state.askAgain = true;
  const outcome = word("outcome", said.outcome);
  const told = [
    nt("closedMany", answer.closed.length, { outcome }),
    answer.left.length && nt("leftOpen", answer.left.length),
  ];
  return { ended: answer.closed.includes(view.incident_id), told: told.filter(Boolean).join(" ") };
}

/**
 * `closed(view)`: the alarm has ended, and this is what is left of it. `read()`: look at the list again.
 * @param {(view: Incident) => void} closed
 * @param {() => void} read
 */
export function prepareClosing(closed, read) {
  const dialog = byId("closing");
  byId("closing-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const view = asked && viewOf(asked.id);
    if (!asked || !view) return;
    const { seen } = asked;
    byId("closing-do").disabled = true;
    say(byId("closing-problem"), null);
    try {
      const body = { outcome: byId("outcome").value, reason: byId("reason").value.trim() };
      if (seen) {
        const { ended, told } = await closeMany(view, body, seen);
        if (ended) state.incidents.delete(view.incident_id);
        sayEnded(told);
        read();
      } else closed(await post(`/v1/incidents/${view.incident_id}/close`, body, view.traceparent));
      asked = null;
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
    for (const line of ["closing-whom", "closing-later", "closing-duress", "closing-units", "closing-problem"])
      say(byId(line), null);
    byId("list").focus();
  });
}
