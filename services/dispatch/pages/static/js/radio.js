// What a crew says by radio, said for it by the operator; and calling a patrol back. The service checks it all again.

import { Problem, post } from "./api.js";
import { OUTCOMES, outcomeChoices } from "./closing.js";
import { byId, el, say } from "./dom.js";
import { isOurs, viewOf } from "./state.js";
import { t, word } from "./words.js";

const SAID = ["acknowledged", "en_route", "on_scene"];
const WAY = ["sent", "received", ...SAID];
/** @type {{ order: Order, incident: string, what: "safe" | "recall" } | null} What the form stands for. */
let asked = null;

/**
 * Buttons beside an order that a unit holds. `act.radio(order, state)` says a step at once; the rest is asked for.
 * @param {Incident} view
 * @param {Order} order
 * @param {Acts} act
 * @param {boolean} busy
 */
export function radio(view, order, act, busy) {
  if (!isOurs(view) || view.conflicted || !WAY.includes(order.state)) return null;
  const steps = SAID.filter((state) => WAY.indexOf(state) > WAY.indexOf(order.state));
  /**
   * @param {string} hold
   * @param {string} text
   * @param {() => void} onclick
   */
  const button = (hold, text, onclick) =>
    el(
      "button",
      {
        type: "button",
        "data-hold": `${hold}-${order.order_id}`,
        disabled: busy,
        "aria-label": `${order.callsign}: ${text}`,
        onclick,
      },
      text,
    );
  return el(
    "p",
    { class: "radio" },
    el("span", {}, t("byRadio"), " ", el("kbd", {}, "R")),
    steps.map((state) => button(state, word("order", state), () => act.radio(order, state))),
    order.state === "on_scene"
      ? button("safe", `${t("victimSafe")}…`, () => ask(view, order, "safe"))
      : button("recall", `${t("recall")}…`, () => ask(view, order, "recall")),
  );
}

/**
 * @param {Incident} view
 * @param {Order} order
 * @param {"safe" | "recall"} what
 */
function ask(view, order, what) {
  asked = { order, incident: view.incident_id, what };
  const safe = what === "safe";
  say(byId("radio-title"), `${order.callsign}: ${safe ? t("victimSafe") : t("recall")}`);
  say(byId("radio-means"), safe ? t("victimSafeMeans") : t("recallMeans"));
  byId("radio-outcome-line").hidden = !safe;
  byId("radio-outcome").required = safe;
  byId("radio-outcome").replaceChildren(...outcomeChoices(OUTCOMES));
  byId("radio-reason").required = !safe;
  say(byId("radio-do"), safe ? t("victimSafe") : t("recall"));
  byId("radio").showModal();
}

/** The form goes with its alarm. */
export function showRadio() {
  if (asked && !viewOf(asked.incident)) byId("radio").close();
}

/**
 * `arrived(view)`: the answer of the service.
 * @param {(view: Incident) => void} arrived
 */
export function prepareRadio(arrived) {
  const dialog = byId("radio");
  byId("radio-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!asked) return;
    const { order, incident, what } = asked;
    const reason = byId("radio-reason").value.trim() || null;
    const body =
      what === "safe" ? { state: "victim_safe", outcome: byId("radio-outcome").value, reason } : { reason };
    byId("radio-do").disabled = true;
    say(byId("radio-problem"), null);
    try {
      arrived(
        await post(
          `/v1/orders/${order.order_id}/${what === "safe" ? "radio" : "recall"}`,
          body,
          viewOf(incident)?.traceparent,
        ),
      );
      dialog.close();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      say(byId("radio-problem"), `${t("failed")} ${problem.words}`);
    } finally {
      byId("radio-do").disabled = false;
    }
  });
  byId("radio-not").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    asked = null;
    byId("radio-form").reset(); // what was typed about somebody does not stay in the page
    for (const line of ["radio-title", "radio-means", "radio-problem"]) say(byId(line), null);
    byId("list").focus();
  });
}
