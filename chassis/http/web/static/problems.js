// A refusal in the words of the page, beside the field that it is about.

import { parts } from "./dom.js";
import { fieldsOf } from "./fields.js";

/**
 * A problem of the API in the words of the page: those of its code in this field, those of its code, or that it is one.
 * @param {Refusal} problem
 * @returns {string}
 */
export function inWords(problem) {
  if (problem.said) return problem.said;
  /** @type {Record<string, string>} */
  const words = JSON.parse(document.body.dataset.problems ?? "{}");
  /** @type {Record<string, unknown> & { where: string | undefined }} */
  const values = {
    ...problem,
    ...problem.params,
    where: problem.column ?? problem.field?.replace(/^body$/, ""),
  };
  const code = problem.code ?? problem.type?.split(":").pop();
  const where = values.where
    ?.split(".")
    .filter((part) => !/^\d+$/.test(part))
    .pop();
  const text = words[`${code}.${where}`] ?? words[code ?? ""] ?? (where ? words.other_at : words.other);
  // What a list names may have a word of its own.
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    [values[name] ?? "?"]
      .flat()
      .map((each) => words[`${name}.${each}`] ?? each)
      .join(", "),
  );
}

/**
 * The field that a path is about: of that name, else what it is a part of, else a part of it.
 * @param {HTMLFormElement} form
 * @param {string | undefined} path
 */
function fieldAt(form, path) {
  if (!path) return null;
  const name = (/** @type {Field} */ each) => each.dataset.field ?? each.dataset.sent ?? each.name;
  // Several boxes are one field: what holds them bears its name.
  const boxes = /** @type {Field[]} */ (parts(form, "[data-field]"));
  const seen = [...boxes, ...fieldsOf(form)].filter((each) => name(each) && each.type !== "hidden");
  /** @type {((at: string) => boolean)[]} */
  const rules = [(at) => at === path, (at) => path.startsWith(`${at}.`), (at) => at.startsWith(`${path}.`)];
  return rules.map((rule) => seen.find((each) => rule(name(each)))).find(Boolean);
}

/**
 * Say beside each field what is wrong with it, above the buttons what belongs to none; the first gets the focus.
 * @param {HTMLFormElement} form
 * @param {Refusal} problem
 */
export function complain(form, problem) {
  const wrong = problem.errors?.length
    ? problem.errors.map((each) => ({ type: problem.type, ...each }))
    : [problem];
  /** @type {HTMLElement | null} */
  let first = null;
  for (const each of wrong) {
    const place = fieldAt(form, each.field);
    const note = document.createElement("p");
    note.className = "wrong";
    note.id = `wrong-${crypto.randomUUID()}`;
    // Of several that stand in no field each says which; one alone speaks for itself.
    note.textContent =
      place || !problem.errors || each.field === "body" ? inWords(each) : `${each.field}: ${inWords(each)}`;
    if (place) {
      const field = parts(place, "input, textarea")[0] ?? place;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", note.id);
      (place.querySelector("legend") ?? place.closest("label") ?? place).after(note);
      first ??= field;
    } else {
      note.setAttribute("role", "alert");
      form.prepend(note);
    }
  }
  first?.focus();
}

/**
 * Forget what was said before.
 * @param {HTMLFormElement} form
 */
export function clear(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const note of form.querySelectorAll(".wrong")) note.remove();
}
