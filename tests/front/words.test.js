// What the console says: the same in four languages, and readable whatever comes.

import "./browser.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import de from "#console/i18n/de.js";
import en from "#console/i18n/en.js";
import fr from "#console/i18n/fr.js";
import nl from "#console/i18n/nl.js";
import { progress, zoneName } from "#console/js/list.js";
import { state } from "#console/js/state.js";
import { nameOf, nt, t, word } from "#console/js/words.js";
import { begin, incident, OTHERS, order, TAKEN } from "./builders.js";

/**
 * What a text is filled with; each form of one that counts takes the same.
 * @param {string | string[]} text
 */
const values = (text) =>
  [text].flat().map((form) => [...form.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort());

for (const [language, texts] of Object.entries({ nl, fr, de })) {
  /** @type {Record<string, string | string[]>} */
  const said = texts;
  test(`${language} says all that English says, with the same values`, () => {
    assert.deepEqual(Object.keys(said).sort(), Object.keys(en).sort());
    for (const [key, text] of Object.entries(en)) assert.deepEqual(values(said[key]), values(text), key);
  });
}

test("a text takes its values; one that is missing leaves no braces", () => {
  assert.equal(t("sendUnit", { unit: "G1" }), nl.sendUnit.replace("{unit}", "G1"));
  assert.ok(!t("sendUnit").includes("{"));
});

test("a text that counts has a form for one, and one for more", () => {
  const [one, more] = nl.closedMany;
  assert.equal(nt("closedMany", 1, { outcome: "test" }), filled(one, 1));
  assert.equal(nt("closedMany", 3, { outcome: "test" }), filled(more, 3));
  assert.equal(nt("closedMany", 0, { outcome: "test" }), filled(more, 0));
});

/**
 * @param {string} form
 * @param {number} count
 */
const filled = (form, count) => form.replace("{count}", String(count)).replace("{outcome}", "test");

test("a code that is not known yet stays readable", () => {
  assert.equal(word("order", "on_scene"), nl["order.on_scene"]);
  assert.equal(word("order", "lost_on_the_way"), "lost on the way");
});

test("a place that has no name in this language has one in another", () => {
  assert.equal(nameOf({ nl: "Gent", fr: "Gand" }), "Gent");
  assert.equal(nameOf({ nl: null, fr: "Liège", de: "Lüttich" }), "Liège");
  assert.equal(nameOf(undefined), "");
});

test("a zone is called by its name, by its id, or unknown", () => {
  begin();
  assert.equal(zoneName({ zone_id: "gent-1" }), "gent-1");
  state.zones.set("gent-1", { id: "gent-1", names: { nl: "Gent" }, cic: "", stand_in: true });
  assert.equal(zoneName({ zone_id: "gent-1" }), "Gent");
  assert.equal(zoneName({ zone_id: null }), nl.zoneUnknown);
});

test("the list says how far the help is", () => {
  begin();
  assert.equal(progress(incident("a")), nl.notAcknowledged);
  assert.equal(progress(incident("a", { control_room_id: OTHERS })), t("otherRoom", { room: OTHERS }));
  assert.equal(progress(incident("a", TAKEN)), nl.noUnitSent);
  const view = incident("a", { ...TAKEN, orders: [order("sent"), order("en_route", { callsign: "G2" })] });
  assert.equal(progress(view), `G2: ${nl["order.en_route"]}`);
});
