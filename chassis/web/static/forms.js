// Forms that speak to the API: what is typed becomes JSON, a refusal stands beside its field, success shows the page anew.
// <form data-api="POST /v1/..." data-then="/desk/..{id}">; a field's name is its path ("elements.harassment"), its
// data-type how it is sent: text (default), list (one a line), bool, json (the value of a choice).

const READ = {
  text: (field) => field.value.trim() || null,
  list: (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean),
  bool: (field) => (field.type === "checkbox" ? field.checked : field.value === "true"),
  // One a line, as "knife | police report | 2026-11-02"; the names of the parts stand in data-parts.
  parts: (field) =>
    READ.list(field).map((line) => {
      const said = line.split("|").map((part) => part.trim());
      return Object.fromEntries(field.dataset.parts.split(" ").map((name, n) => [name, said[n] || null]).filter(([, part]) => part));
    }),
  // One a line, as "N1: yes".
  pairs: (field) => {
    const lines = field.value.split("\n").map((line) => line.trim()).filter(Boolean);
    return lines.length ? Object.fromEntries(lines.map((line) => [line.split(":")[0].trim(), line.split(":").slice(1).join(":").trim() || "-"])) : null;
  },
  json: (field) => (field.value ? JSON.parse(field.value) : null),
  moment: (field) => (field.value ? new Date(field.value).toISOString() : null),
};

function put(body, path, value) {
  const parts = path.split(".");
  const last = parts.pop();
  let at = body;
  parts.forEach((part, n) => (at = at[part] ??= /^\d+$/.test(parts[n + 1] ?? last) ? [] : {}));
  at[last] = value;
}

/** What was left out of a list leaves no hole. */
function dense(value) {
  if (Array.isArray(value)) return value.filter((each) => each !== undefined).map(dense);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, dense(each)]));
}

/** An item of a list that nobody wrote anything into is no item. */
function isEmpty(field) {
  const item = field.closest("fieldset[data-item]");
  return item && [...item.querySelectorAll("input:not([type=hidden]), textarea")].every((each) => !each.value.trim());
}

function bodyOf(form) {
  const body = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  for (const field of form.elements) {
    if (!field.name || field.disabled || isEmpty(field) || (field.type === "radio" && !field.checked)) continue;
    const value = (READ[field.dataset.type] ?? READ.text)(field);
    if (value === null && "leave" in field.dataset) continue;
    put(body, field.name, value);
  }
  return dense(body);
}

function clear(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const note of form.querySelectorAll(".wrong")) note.remove();
}

/** Say beside each field what is wrong with it, above the buttons what belongs to none; the first gets the focus. */
function complain(form, problem) {
  const wrong = problem.errors?.length ? problem.errors : [{ field: problem.field, detail: problem.detail }];
  let first = null;
  for (const { field: name, detail } of wrong) {
    const field = name && form.elements.namedItem(name);
    const note = document.createElement("p");
    note.className = "wrong";
    note.id = `wrong-${crypto.randomUUID()}`;
    note.textContent = field ? detail : name ? `${name}: ${detail}` : detail;
    const place = field instanceof RadioNodeList ? field[0] : field;
    if (place) {
      place.setAttribute("aria-invalid", "true");
      place.setAttribute("aria-describedby", note.id);
      (place.closest("label") ?? place).after(note);
      first ??= place;
    } else {
      note.setAttribute("role", "alert");
      form.prepend(note);
    }
  }
  first?.focus();
}

/** What was found, as links; data only ever becomes text. */
function list(place, found) {
  const items = found.map((each) => {
    const link = document.createElement("a");
    link.href = place.dataset.link.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(each[name]));
    link.textContent = each[place.dataset.show] ?? "?";
    const item = document.createElement("li");
    item.append(link);
    return item;
  });
  place.replaceChildren(...(items.length ? items : [place.dataset.none]));
}

async function send(form, asked) {
  const [method, path] = (asked?.dataset.api ?? form.dataset.api).split(" ");
  clear(form);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  try {
    const body = "empty" in form.dataset ? undefined : JSON.stringify(bodyOf(form));
    const headers = body ? { "content-type": "application/json" } : {};
    const answer = await fetch(path, { method, headers, body, credentials: "same-origin", signal: AbortSignal.timeout(15000) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) return complain(form, { detail: answer.statusText, ...told });
    if (form.dataset.results) return list(document.getElementById(form.dataset.results), told);
    const then = asked?.dataset.then ?? form.dataset.then;
    if (then) location.assign(then.replace("{id}", encodeURIComponent(told.id ?? "")));
    else location.reload();
  } catch (error) {
    complain(form, { detail: document.body.dataset.away ?? String(error) });
  } finally {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.api) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
document.addEventListener("change", (event) => "submit" in event.target.dataset && event.target.form.submit());
