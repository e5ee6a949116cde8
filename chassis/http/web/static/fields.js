// What is typed in a form as JSON: see forms.js for what a field says of itself.

/**
 * What is sent for a field, by its data-type.
 * @type {Record<string, (field: Field) => unknown>}
 */
export const READ = {
  text: (field) => field.value.trim() || null,
  string: (field) => field.value,
  list: (field) => linesOf(field),
  chosen: (field) =>
    fieldsOf(field.form)
      .filter((each) => each.name === field.name && each.checked)
      .map((each) => each.value),
  bool: (field) => (field.type === "checkbox" ? field.checked : field.value === "true"),
  // One a line, as "knife | police report | 2026-11-02"; the names of the parts stand in data-parts. A | of a text is
  // written \|. What is too much stays in the last part, so that it is refused there and not lost.
  parts: (field) =>
    linesOf(field).map((line) => {
      const names = (field.dataset.parts ?? "").split(" ");
      const said = line.split(/(?<!\\)\|/).map((part) => part.trim().replaceAll("\\|", "|"));
      said.push(said.splice(names.length - 1).join(" | "));
      return Object.fromEntries(names.map((name, n) => [name, said[n] || null]).filter(([, part]) => part));
    }),
  // One a line, as "N1: yes".
  pairs: (field) => {
    const pairs = linesOf(field).map((line) => {
      const [name, ...said] = line.split(":");
      return [name.trim(), said.join(":").trim() || "-"];
    });
    return pairs.length ? Object.fromEntries(pairs) : null;
  },
  json: (field) => (field.value ? JSON.parse(field.value) : null),
  moment: (field) => (field.value ? inBelgium(field.value) : null),
  file: (field) => field.files?.[0] ?? null,
};

/**
 * The fields and buttons of a form.
 * @param {HTMLFormElement} form
 */
export const fieldsOf = (form) => /** @type {Field[]} */ ([...form.elements]);

/**
 * @param {HTMLFormElement} form
 * @param {string} name
 */
export const fieldNamed = (form, name) => /** @type {Field} */ (form.elements.namedItem(name));

/**
 * The one that takes a file.
 * @param {HTMLFormElement} form
 */
export const fileOf = (form) => /** @type {Field | null} */ (form.querySelector("[data-type=file]"));

/** @param {Field} field */
const linesOf = (field) =>
  field.value
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

const CLOCK = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Brussels",
  dateStyle: "short",
  timeStyle: "medium",
});

/**
 * The moment at which clocks in Belgium show this ("2026-12-01T10:00"), wherever the browser thinks it is.
 * @param {string} shown
 */
export function inBelgium(shown) {
  const wanted = Date.parse(`${shown}Z`);
  const ahead = (/** @type {number} */ at) => Date.parse(`${CLOCK.format(at).replace(" ", "T")}Z`) - at;
  // Twice: the first is wrong within hours of a night on which clocks change.
  const near = wanted - ahead(wanted);
  return new Date(wanted - ahead(near)).toISOString();
}

/**
 * Put a value into a body at its path; a part that is a number is a place in a list.
 * @param {JsonBody} body
 * @param {string} path
 * @param {unknown} value
 */
export function put(body, path, value) {
  const parts = path.split(".");
  const last = parts.pop() ?? "";
  let at = body;
  for (const [n, part] of parts.entries()) {
    at[part] ??= /^\d+$/.test(parts[n + 1] ?? last) ? [] : {};
    at = /** @type {JsonBody} */ (at[part]);
  }
  at[last] = value;
}

/** Where fields go in the body, item by item: one that was left empty leaves no hole ("partners.3.id": "partners.2.id"). */
export function placing() {
  /** @type {Map<string, string[]>} */
  const sent = new Map();
  return (/** @type {string} */ name) =>
    name.replace(/^(.*?)\.(\d+)(?=\.|$)/, (_, list, number) => {
      const numbers = sent.get(list) ?? [];
      sent.set(list, numbers);
      return `${list}.${numbers.includes(number) ? numbers.indexOf(number) : numbers.push(number) - 1}`;
    });
}

/**
 * An item of a list that nobody wrote anything into is no item.
 * @param {Field} field
 */
function isEmpty(field) {
  const item = field.closest("fieldset[data-item]");
  if (!item) return false;
  const fields = /** @type {NodeListOf<Field>} */ (item.querySelectorAll("input:not([type=hidden]), textarea"));
  return [...fields].every((each) => !each.value.trim());
}

/**
 * What was known of other words says nothing of these.
 * @param {Field} field
 */
function isOutdated(field) {
  const about = field.dataset.while ? fieldNamed(field.form, field.dataset.while) : null;
  return about !== null && about.value !== about.defaultValue;
}

/** @param {Field} field */
const isSent = (field) =>
  field.name &&
  !field.matches(":disabled") &&
  !isEmpty(field) &&
  !isOutdated(field) &&
  (field.type !== "radio" || field.checked);

/**
 * All that is typed in a form and is sent.
 * @param {HTMLFormElement} form
 */
export function bodyOf(form) {
  const body = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  const placed = placing();
  for (const field of fieldsOf(form)) {
    // What is refused is named as it was sent.
    field.dataset.sent = isEmpty(field) ? "" : field.name;
    if (!isSent(field)) continue;
    const value = (READ[field.dataset.type ?? "text"] ?? READ.text)(field);
    if (value === null && "leave" in field.dataset) continue;
    field.dataset.sent = placed(field.name);
    put(body, field.dataset.sent, value);
  }
  return body;
}

/**
 * What is fetched for a form: address and options.
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} asked
 * @returns {[path: string, options: RequestInit]}
 */
export function question(form, asked) {
  const [method, template] = (asked?.dataset.api ?? form.dataset.api ?? "").split(" ");
  /** @type {string[]} */
  const named = [];
  const path = template.replace(/\{(\w+)\}/g, (_, name) => {
    named.push(name);
    return encodeURIComponent(fieldNamed(form, name).value.trim());
  });
  if ("empty" in form.dataset) return [path, { method }];
  const body = bodyOf(form);
  for (const name of named) delete body[name];
  const file = fileOf(form);
  if (!file)
    return [path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }];
  const { [file.name]: raw, ...rest } = body;
  const said = Object.entries(rest).filter(([, value]) => value !== null);
  const query = new URLSearchParams(said.map(([name, value]) => [name, String(value)]));
  return [
    `${path}${path.includes("?") ? "&" : "?"}${query}`,
    { method, body: /** @type {File | null} */ (raw) },
  ];
}
