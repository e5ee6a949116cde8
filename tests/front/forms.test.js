// What is typed in a form becomes what the API is sent, and a refusal becomes words.

import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, inBelgium, placing, put, question, READ } from "#shared/fields.js";
import { inWords } from "#shared/problems.js";

/**
 * @typedef {{ name?: string, value?: string, type?: string, checked?: boolean, defaultValue?: string,
 *   disabled?: boolean, files?: object[], item?: Typed[] } & Record<`data_${string}`, string>} Typed
 * A field with its data-*, as data_*; `item`: all fields of the item of a list that it is in.
 */

/** @param {Record<string, unknown>} typed */
const dataOf = (typed) =>
  Object.fromEntries(
    Object.entries(typed)
      .filter(([key]) => key.startsWith("data_"))
      .map(([key, value]) => [key.slice(5), value]),
  );

/**
 * A form as the scripts see one.
 * @param {Record<`data_${string}`, string>} data
 * @param {Typed[]} typed
 */
function formOf(data, ...typed) {
  const form = { dataset: dataOf(data), elements: /** @type {any} */ ([]), querySelector: () => file };
  for (const each of typed) {
    const item = each.item && { querySelectorAll: () => each.item };
    form.elements.push({
      type: "text",
      value: "",
      ...each,
      form,
      dataset: dataOf(each),
      matches: () => Boolean(each.disabled),
      closest: () => item ?? null,
    });
  }
  const file = form.elements.find((/** @type {any} */ each) => each.dataset.type === "file") ?? null;
  form.elements.namedItem = (/** @type {string} */ name) =>
    form.elements.find((/** @type {any} */ each) => each.name === name) ?? null;
  return /** @type {any} */ (form);
}

/**
 * What is sent for one field.
 * @param {string} type
 * @param {Typed} typed
 */
const read = (type, typed) => READ[type](formOf({}, typed).elements[0]);

test("a text is sent without the spaces around it, an empty one as null; a string as it is", () => {
  assert.equal(read("text", { value: "  a b " }), "a b");
  assert.equal(read("text", { value: "   " }), null);
  assert.equal(read("string", { value: " " }), " ");
});

test("a list is one a line, without empty ones", () =>
  assert.deepEqual(read("list", { value: " knife \n\n gun\n" }), ["knife", "gun"]));

test("a line of parts is an object of those that were written", () => {
  const data_parts = "text source verified_on";
  assert.deepEqual(
    read("parts", { data_parts, value: "knife | police report | 2026-11-02\ngun\nrope | | 2026-11-03" }),
    [
      { text: "knife", source: "police report", verified_on: "2026-11-02" },
      { text: "gun" },
      { text: "rope", verified_on: "2026-11-03" },
    ],
  );
});

test("an escaped bar is a text's own, and what is too much stays in the last part", () => {
  const data_parts = "text source";
  assert.deepEqual(read("parts", { data_parts, value: "a\\|b | c | d" }), [{ text: "a|b", source: "c | d" }]);
});

test("pairs are split at the first colon; none are null", () => {
  assert.deepEqual(read("pairs", { value: "N1: yes: twice\nN2:" }), { N1: "yes: twice", N2: "-" });
  assert.equal(read("pairs", { value: " \n" }), null);
});

test("a box is what is checked, a choice of yes or no what is chosen", () => {
  assert.equal(read("bool", { type: "checkbox", checked: true, value: "on" }), true);
  assert.equal(read("bool", { type: "checkbox", checked: false, value: "true" }), false);
  assert.equal(read("bool", { value: "true" }), true);
  assert.equal(read("bool", { value: "" }), false);
});

test("of several boxes those are sent that are chosen", () => {
  const boxes = ["nl", "fr", "de"].map((value) => ({ name: "languages", value, checked: value !== "fr" }));
  const form = formOf({}, ...boxes, { name: "other", value: "x", checked: true });
  assert.deepEqual(READ.chosen(form.elements[0]), ["nl", "de"]);
});

test("json and files are what they are, or null", () => {
  assert.deepEqual(read("json", { value: '{"a": 1}' }), { a: 1 });
  assert.equal(read("json", { value: "" }), null);
  const file = {};
  assert.equal(read("file", { files: [file] }), file);
  assert.equal(read("file", { files: [] }), null);
});

/** @type {[shown: string, moment: string][]} */
const MOMENTS = [
  ["2026-12-01T10:00", "2026-12-01T09:00:00.000Z"],
  ["2026-07-01T00:30", "2026-06-30T22:30:00.000Z"],
  // Clocks go forward on 2026-03-29 at 2:00, and back on 2026-10-25 at 3:00.
  ["2026-03-29T01:59", "2026-03-29T00:59:00.000Z"],
  ["2026-03-29T03:00", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T01:30", "2026-10-24T23:30:00.000Z"],
  ["2026-10-25T03:00", "2026-10-25T02:00:00.000Z"],
];
for (const [shown, moment] of MOMENTS)
  test(`${shown} on clocks in Belgium is ${moment}`, () => assert.equal(inBelgium(shown), moment));

test("a path makes the objects and lists on its way", () => {
  const body = {};
  put(body, "victim.name", "a");
  put(body, "partners.0.id", 1);
  put(body, "partners.1.id", 2);
  put(body, "days.0", "mon");
  assert.deepEqual(body, { victim: { name: "a" }, partners: [{ id: 1 }, { id: 2 }], days: ["mon"] });
});

test("an item that was left empty leaves no hole, and each list is counted by itself", () => {
  const placed = placing();
  const names = ["partners.1.id", "partners.1.name", "partners.3.id", "others.2.id", "name"];
  assert.deepEqual(names.map(placed), [
    "partners.0.id",
    "partners.0.name",
    "partners.1.id",
    "others.0.id",
    "name",
  ]);
});

test("a form sends what somebody wrote, and what it carries itself", () => {
  const empty = [{ value: " " }];
  const form = formOf(
    { data_body: '{"kind":"file"}' },
    { name: "victim.name", value: "An " },
    { name: "people.0.name", value: "", item: empty },
    { name: "people.1.name", value: "Jo", item: [{ value: "Jo" }] },
    { name: "sex", type: "radio", value: "m", checked: true },
    { name: "sex", type: "radio", value: "f", checked: false },
    { name: "hidden", value: "x", disabled: true },
    { name: "left", value: "", data_leave: "" },
    { value: "a button" },
  );
  assert.deepEqual(bodyOf(form), { kind: "file", victim: { name: "An" }, people: [{ name: "Jo" }], sex: "m" });
  assert.equal(form.elements[1].dataset.sent, "", "nothing that is refused is said of an empty item");
  assert.equal(form.elements[2].dataset.sent, "people.0.name", "a refusal names it as it was sent");
});

test("what was known of other words is not sent for these", () => {
  const about = { name: "text", value: "gun", defaultValue: "knife" };
  const source = { name: "source", value: "police", data_while: "text" };
  assert.deepEqual(bodyOf(formOf({}, about, source)), { text: "gun" });
  assert.deepEqual(bodyOf(formOf({}, { ...about, value: "knife" }, source)), {
    text: "knife",
    source: "police",
  });
});

test("a field that stands in the address is not in the body", () => {
  const form = formOf(
    { data_api: "PUT /v1/files/{id}" },
    { name: "id", value: " a/b " },
    { name: "note", value: "x" },
  );
  const [path, options] = question(form, null);
  assert.equal(path, "/v1/files/a%2Fb");
  assert.equal(options.method, "PUT");
  assert.equal(options.body, '{"note":"x"}');
});

test("the button that was pressed decides where a form goes", () => {
  const form = formOf({ data_api: "POST /v1/a", data_empty: "" });
  const button = /** @type {any} */ ({ dataset: { api: "DELETE /v1/b" } });
  assert.deepEqual(question(form, button), ["/v1/b", { method: "DELETE" }]);
});

test("a file is the body by itself, and the rest stands in the address", () => {
  const file = {};
  const form = formOf(
    { data_api: "POST /v1/photos?size=1" },
    { name: "photo", data_type: "file", files: [file] },
    { name: "of", value: "a b" },
    { name: "taken_on", value: "" },
  );
  const [path, options] = question(form, null);
  assert.equal(path, "/v1/photos?size=1&of=a+b");
  assert.equal(options.body, file);
});

/** @type {[what: string, problem: Refusal, text: string][]} */
const REFUSALS = [
  ["what the page says itself", { said: "Signed out." }, "Signed out."],
  ["the word of a code in its field", { code: "missing", field: "people.0.name" }, "Who?"],
  ["the word of a code", { code: "missing", field: "note" }, "Something is missing."],
  [
    "the word of a type, of the whole",
    { type: "urn:stalkingalarm:missing", field: "body" },
    "Something is missing.",
  ],
  ["that something is wrong with a field", { code: "new", field: "days.2" }, "Wrong: days.2."],
  ["that something is wrong", { code: "new" }, "Wrong."],
  ["that something is wrong with the whole", { code: "new", field: "body" }, "Wrong."],
  [
    "values, by their own words",
    { code: "overlap", params: { days: ["mon", "tue"] } },
    "Twice on Monday, tue.",
  ],
  ["values that are missing", { code: "overlap" }, "Twice on ?."],
];
for (const [what, problem, text] of REFUSALS)
  test(`a refusal says ${what}`, () => {
    const problems = JSON.stringify({
      missing: "Something is missing.",
      "missing.name": "Who?",
      overlap: "Twice on {days}.",
      "days.mon": "Monday",
      other: "Wrong.",
      other_at: "Wrong: {where}.",
    });
    Object.assign(globalThis, { document: { body: { dataset: { problems } } } });
    assert.equal(inWords(problem), text);
  });
