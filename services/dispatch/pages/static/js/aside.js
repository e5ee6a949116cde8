// What waits for a supervisor and is no alarm: said beside the connection, without a sound.

import { get, Problem } from "./api.js";
import { byId, say } from "./dom.js";
import { state } from "./state.js";
import { t } from "./words.js";

/** The room of a supervisor. */
const supervised = () => (state.me?.roles.includes("supervisor") ? state.me.cic : null);

/** A webhook that was proposed for this room. */
export async function lookAside() {
  const cic = supervised();
  if (!cic) return;
  try {
    const { proposed } = await get(`/v1/control-rooms/${encodeURIComponent(cic)}/webhook`);
    say(byId("webhook-waits"), proposed ? t("webhookWaits") : null);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem; // it is looked for again
  }
}

/** Units that another room offers, or that it has not answered for: said like that, to who can answer. */
export function sayLending() {
  const cic = supervised();
  if (!cic) return;
  const toUs = state.units.filter((unit) => unit.offered_to === cic).length;
  const byUs = state.units.filter((unit) => unit.offered_to && unit.control_room_id === cic).length;
  const texts = [toUs && t("lendingToYou", { count: toUs }), byUs && t("lendingByYou", { count: byUs })];
  say(byId("lending-waits"), texts.filter(Boolean).join(" · "));
}
