// A page that is shown anew after one of its forms was sent, without losing what was typed in the others.

/** Whether somebody changed a field since the page came. */
const isTyped = (field) => {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "file") return field.files.length > 0;
  const was =
    field.options && ([...field.options].find((each) => each.defaultSelected) ?? field.options[0])?.value;
  return field.value !== (was ?? field.defaultValue ?? field.value);
};

/** The forms of a page that change something, by what they do; equal ones are counted. */
function formsOf(page) {
  const found = new Map();
  for (const form of page.querySelectorAll("main form[data-api]:not([data-results], [data-report])")) {
    let key = form.dataset.api;
    while (found.has(key)) key += "+";
    found.set(key, form);
  }
  return found;
}

/** Something is typed in another form than this one, and not sent yet. */
export const isTypedBeside = (form) =>
  [...formsOf(document).values()].some((other) => other !== form && [...other.elements].some(isTyped));

/** What was typed in a form goes into the same form of the page as it is now, with the edition that it was typed upon. */
function carry(from, to) {
  const typed = [...from.elements].filter((each) => each.name && isTyped(each));
  if (typed.length && to.elements.edition) to.elements.edition.value = from.elements.edition.value;
  for (const field of typed) {
    const choice = field.type === "checkbox" || field.type === "radio";
    const twin = [...to.elements].find(
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

/** The page anew, but for what was typed in other forms than the one that was sent: it is kept nowhere but here.
 *  `follow`: what is done with each form of a page that comes. */
export async function renew(sent, follow) {
  const asked = fetch(location.href, { credentials: "same-origin", signal: AbortSignal.timeout(15000) });
  const text = await asked
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : null))
    .catch(() => null);
  if (text === null) return location.reload();
  const page = new DOMParser().parseFromString(text, "text/html");
  const now = formsOf(page);
  for (const [key, form] of formsOf(document)) if (form !== sent && now.has(key)) carry(form, now.get(key));
  document.title = page.title;
  document.querySelector("main").replaceWith(page.querySelector("main"));
  [...document.forms].forEach(follow);
  document.querySelector("main").focus({ preventScroll: true });
  // Told as what it is in place of: loading the page again.
  history.replaceState(history.state, "");
}
