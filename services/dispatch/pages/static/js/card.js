// The intervention card: what could hurt the patrol first.

import { byId, el, fill } from "./dom.js";
import { selected } from "./state.js";
import { language, locale, t, word } from "./words.js";

export function showCard() {
  const view = selected();
  const box = byId("card");
  box.hidden = !view;
  if (!view) {
    fill(box, null, () => []); // nothing of a closed alarm stays in the page
    return;
  }
  fill(box, [language, view.incident_id, view.card, view.conflicted], () =>
    view.card
      ? card(view.card, view.incident_id)
      : [title(), el("p", {}, view.conflicted ? t("conflicted") : t("noCard"))],
  );
}

const title = () => el("h2", {}, t("card"));
/** @param {string} text */
const day = (text) => new Date(`${text}T12:00:00Z`).toLocaleDateString(locale());
/** @param {Api.Person} person */
const born = (person) => (person.born_on ? ` (° ${day(person.born_on)})` : "");

/**
 * @param {Api.Card} told
 * @param {string} incident
 */
function card(told, incident) {
  const { victim } = told;
  const weapons = told.perpetrators.flatMap((person) => person.weapons);
  const photo = (/** @type {string | null} */ of) =>
    told.photos
      ?.filter((each) => each.of === of)
      .map((each) =>
        el(
          "figure",
          {},
          el("img", {
            src: `/v1/incidents/${incident}/photos/${each.photo_id}`,
            alt: t("photoOf", { day: day(each.taken_on) }),
          }),
          el("figcaption", {}, day(each.taken_on)),
        ),
      );
  return [
    title(),
    (weapons.length > 0 || told.dogs) &&
      el(
        "ul",
        { class: "danger" },
        weapons.length > 0 &&
          el("li", {}, el("b", {}, t("weapons")), " ", weapons.map((each) => each.text).join(", ")),
        told.dogs && el("li", {}, el("b", {}, t("dogs")), " ", told.dogs),
      ),
    el(
      "dl",
      {},
      line(t("victim"), el("strong", {}, victim.name), born(victim), note(victim.description), photo(null)),
      victim.phone && line(t("phone"), victim.phone, el("em", { class: "silent" }, t("doNotCall"))),
      told.languages.length > 0 &&
        line(t("languages"), told.languages.map((code) => word("speaks", code)).join(", ")),
      told.hearing_or_disability && line(t("disability"), told.hearing_or_disability),
      told.children && line(t("children"), told.children),
      told.perpetrators.map((person) => perpetrator(person, photo(person.ref))),
      told.measures.length > 0 &&
        line(
          t("measures"),
          list(
            told.measures.map((each) => each.kind + (each.until ? ` (${t("until")} ${day(each.until)})` : "")),
          ),
        ),
      told.addresses.length > 0 && line(t("addresses"), list(told.addresses.map(address))),
      told.notes && line(t("notes"), told.notes),
    ),
  ];
}

/**
 * @param {string} name
 * @param {Child[]} content
 * @returns {Child[]}
 */
const line = (name, ...content) => [el("dt", {}, name), el("dd", {}, content)];
/** @param {string[]} texts */
const list = (texts) =>
  el(
    "ul",
    {},
    texts.map((text) => el("li", {}, text)),
  );
/** @param {string | null} text */
const note = (text) => text && el("span", { class: "note" }, text);
/** @param {Api.Address} each */
const address = (each) =>
  `${word("address", each.kind)}: ${each.text}${each.access_notes ? ` — ${each.access_notes}` : ""}`;

/**
 * @param {Api.Perpetrator} person
 * @param {Child} photos
 */
function perpetrator(person, photos) {
  return line(
    t("perpetrator"),
    el("strong", {}, person.name),
    born(person),
    note(person.description),
    photos,
    person.violence.length > 0 &&
      el(
        "span",
        { class: "note" },
        el("b", {}, t("violence")),
        " ",
        person.violence.map((each) => each.text).join("; "),
      ),
    person.vehicles.length > 0 &&
      el(
        "span",
        { class: "note" },
        el("b", {}, t("vehicles")),
        " ",
        person.vehicles.map((each) => [each.text, each.plate].filter(Boolean).join(" ")).join("; "),
      ),
  );
}
