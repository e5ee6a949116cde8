// A page that is shown anew after one of its forms was sent, without losing what was typed in the others.

import { mainOf, parts } from "./dom.js";
import { fieldNamed, fieldsOf } from "./fields.js";

/**
 * Whether somebody changed a field since the page came.
 * @param {Field} field
 */
const isTyped = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return (field.files?.length ?? 0) > 0;
  const was =
    field.options && ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value;
  return field.value !== (was ?? field.defaultValue ?? field.value);
};

/**
 * The forms of a page that change something, by what they do; equal ones are counted.
 * @param {Document} page
 */
function formsOf(page) {
  /** @type {Map<string, HTMLFormElement>} */
  const found = new Map();
  const forms = parts(page, "main form[data-api]:not([data-results], [data-report])");
  for (const form of /** @type {HTMLFormElement[]} */ (forms)) {
    let key = form.dataset.api ?? "";
    while (found.has(key)) key += "+";
    found.set(key, form);
  }
  return found;
}

/**
 * Something is typed in another form than this one, and not sent yet.
 * @param {HTMLFormElement} form
 */
export const isTypedBeside = (form) =>
  [...formsOf(document).values()].some((other) => other !== form && fieldsOf(other).some(isTyped));

/**
 * What was typed in a form goes into the same form of the page as it is now, with the edition that it was typed upon.
 * @param {HTMLFormElement} from
 * @param {HTMLFormElement} to
 */
function carry(from, to) {
  const typed = fieldsOf(from).filter((each) => each.name && isTyped(each));
  const [upon, edition] = [fieldNamed(from, "edition"), fieldNamed(to, "edition")];
  if (typed.length && edition) edition.value = upon.value;
  for (const field of typed) {
    const choice = field.type === "checkbox" || field.type === "radio";
    const twin = fieldsOf(to).find(
      (each) => each.name === field.name && each.type === field.type && (!choice || each.value === field.value),
    );
    if (!twin) continue;
    if (choice) twin.checked = field.checked;
    else if (field.type === "file") twin.files = field.files;
    else twin.value = field.value;
    const folded = twin.closest("details");
    if (folded) folded.open = true;
  }
}

/**
 * The page anew, but for what was typed in other forms than the one that was sent: it is kept nowhere but here.
 * `follow`: what is done with each form of a page that comes.
 * @param {HTMLFormElement} sent
 * @param {(form: HTMLFormElement) => void} follow
 */
export async function renew(sent, follow) {
  const asked = fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(15000) });
  const text = await asked
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : null))
    .catch(() => null);
  if (text === null) return location.reload();
  const page = new DOMParser().parseFromString(text, "text/html");
  const now = formsOf(page);
  for (const [key, form] of formsOf(document)) {
    const twin = now.get(key);
    if (form !== sent && twin) carry(form, twin);
  }
  document.title = page.title;
  mainOf(document).replaceWith(mainOf(page));
  [...document.forms].forEach(follow);
  mainOf(document).focus({ preventScroll: true });
  // Told as what it is in place of: loading the page again.
  history.replaceState(history.state, "");
}
