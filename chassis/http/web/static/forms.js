// Forms that speak to the API: what is typed becomes JSON, a refusal stands beside its field, success shows the page anew,
// with what was typed in its other forms and is not sent yet.
// <form data-api="POST /v1/..." data-then="/desk/..{id}">; a field's name is its path ("elements.harassment"), its
// data-type how it is sent: text (default), list (one a line), bool, chosen (of several boxes), json (the value of a
// choice), file. A file is the body by itself: the other fields of its form go into the address. {name} in data-api is a
// field, in data-then a value of the answer. <fieldset data-for="outcome extend">: seen and sent only while the field
// says so. data-while: sent only while that field says what it said when the page came. data-report: the id of what tells of the answer, data-results of a list of what was found.

import { isTypedBeside, renew } from "./renew.js";

const READ = {
  text: (field) => field.value.trim() || null,
  string: (field) => field.value,
  list: (field) =>
    field.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
  chosen: (field) =>
    [...field.form.elements]
      .filter((each) => each.name === field.name && each.checked)
      .map((each) => each.value),
  bool: (field) => (field.type === "checkbox" ? field.checked : field.value === "true"),
  // One a line, as "knife | police report | 2026-11-02"; the names of the parts stand in data-parts. A | of a text is
  // written \|. What is too much stays in the last part, so that it is refused there and not lost.
  parts: (field) =>
    READ.list(field).map((line) => {
      const names = field.dataset.parts.split(" ");
      const said = line.split(/(?<!\\)\|/).map((part) => part.trim().replaceAll("\\|", "|"));
      said.push(said.splice(names.length - 1).join(" | "));
      return Object.fromEntries(names.map((name, n) => [name, said[n] || null]).filter(([, part]) => part));
    }),
  // One a line, as "N1: yes".
  pairs: (field) => {
    const lines = field.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    return lines.length
      ? Object.fromEntries(
          lines.map((line) => [line.split(":")[0].trim(), line.split(":").slice(1).join(":").trim() || "-"]),
        )
      : null;
  },
  json: (field) => (field.value ? JSON.parse(field.value) : null),
  moment: (field) => (field.value ? inBelgium(field.value) : null),
  file: (field) => field.files[0] ?? null,
};

const CLOCK = new Intl.DateTimeFormat("sv-SE", {
  timeZone: "Europe/Brussels",
  dateStyle: "short",
  timeStyle: "medium",
});

/** The moment at which clocks in Belgium show this ("2026-12-01T10:00"), wherever the browser thinks it is. */
function inBelgium(shown) {
  const wanted = Date.parse(`${shown}Z`);
  const ahead = (at) => Date.parse(`${CLOCK.format(at).replace(" ", "T")}Z`) - at;
  // Twice: the first is wrong within hours of a night on which clocks change.
  const near = wanted - ahead(wanted);
  return new Date(wanted - ahead(near)).toISOString();
}

function put(body, path, value) {
  const parts = path.split(".");
  const last = parts.pop();
  let at = body;
  parts.forEach((part, n) => (at = at[part] ??= /^\d+$/.test(parts[n + 1] ?? last) ? [] : {}));
  at[last] = value;
}

/** Where fields go in the body, item by item: one that was left empty leaves no hole ("partners.3.id": "partners.2.id"). */
function placing() {
  const sent = new Map();
  return (name) =>
    name.replace(/^(.*?)\.(\d+)(?=\.|$)/, (_, list, number) => {
      const numbers = sent.get(list) ?? [];
      sent.set(list, numbers);
      return `${list}.${numbers.includes(number) ? numbers.indexOf(number) : numbers.push(number) - 1}`;
    });
}

/** An item of a list that nobody wrote anything into is no item. */
function isEmpty(field) {
  const item = field.closest("fieldset[data-item]");
  return (
    item && [...item.querySelectorAll("input:not([type=hidden]), textarea")].every((each) => !each.value.trim())
  );
}

/** What was known of other words says nothing of these. */
function isOutdated(field) {
  const about = field.dataset.while && field.form.elements.namedItem(field.dataset.while);
  return Boolean(about) && about.value !== about.defaultValue;
}

function bodyOf(form) {
  const body = form.dataset.body ? JSON.parse(form.dataset.body) : {};
  const placed = placing();
  for (const field of form.elements) {
    // What is refused is named as it was sent.
    field.dataset.sent = isEmpty(field) ? "" : field.name;
    if (
      !field.name ||
      field.matches(":disabled") ||
      isEmpty(field) ||
      isOutdated(field) ||
      (field.type === "radio" && !field.checked)
    )
      continue;
    const value = (READ[field.dataset.type] ?? READ.text)(field);
    if (value === null && "leave" in field.dataset) continue;
    put(body, (field.dataset.sent = placed(field.name)), value);
  }
  return body;
}

/** What is fetched for a form: address and options. */
function question(form, asked) {
  const [method, template] = (asked?.dataset.api ?? form.dataset.api).split(" ");
  const named = [];
  const path = template.replace(/\{(\w+)\}/g, (_, name) => {
    named.push(name);
    return encodeURIComponent(form.elements.namedItem(name).value.trim());
  });
  if ("empty" in form.dataset) return [path, { method }];
  const body = bodyOf(form);
  for (const name of named) delete body[name];
  const file = form.querySelector("[data-type=file]");
  if (!file)
    return [path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) }];
  const { [file.name]: raw, ...rest } = body;
  const query = new URLSearchParams(Object.entries(rest).filter(([, value]) => value !== null));
  return [`${path}${path.includes("?") ? "&" : "?"}${query}`, { method, body: raw }];
}

/** Told before it is sent: a server that refuses half way cuts the line, and the browser would not know why. */
function isTooBig(form) {
  const field = form.querySelector("[data-type=file]");
  if (!field || (field.files[0]?.size ?? 0) <= Number(field.dataset.most)) return false;
  complain(form, { field: field.name, said: field.dataset.tooBig });
  return true;
}

function clear(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
  for (const note of form.querySelectorAll(".wrong")) note.remove();
}

/** A problem of the API in the words of the page: those of its code in this field, those of its code, or that it is one. */
function inWords(problem) {
  if (problem.said) return problem.said;
  const words = JSON.parse(document.body.dataset.problems);
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
  const text = words[`${code}.${where}`] ?? words[code] ?? (where ? words.other_at : words.other);
  // What a list names may have a word of its own.
  return text.replace(/\{(\w+)\}/g, (_, name) =>
    [values[name] ?? "?"]
      .flat()
      .map((each) => words[`${name}.${each}`] ?? each)
      .join(", "),
  );
}

/** The field that a path is about: of that name, else what it is a part of, else a part of it. */
function fieldAt(form, path) {
  const name = (each) => each.dataset.field ?? each.dataset.sent ?? each.name;
  // Several boxes are one field: what holds them bears its name.
  const seen = [...form.querySelectorAll("[data-field]"), ...form.elements].filter(
    (each) => name(each) && each.type !== "hidden",
  );
  const rules = [(at) => at === path, (at) => path.startsWith(`${at}.`), (at) => at.startsWith(`${path}.`)];
  return path && rules.map((rule) => seen.find((each) => rule(name(each)))).find(Boolean);
}

/** Say beside each field what is wrong with it, above the buttons what belongs to none; the first gets the focus. */
function complain(form, problem) {
  const wrong = problem.errors?.length
    ? problem.errors.map((each) => ({ type: problem.type, ...each }))
    : [problem];
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
      const field = place.querySelector("input, textarea") ?? place;
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

/** An answer in the words of the page: [data-say] a value (of a list, how many), [data-when] "problems !made" seen only
 *  when so, [data-each] its template once for each of a list: [data-cell] a value of it, [data-wrong] what is wrong. */
function report(place, told) {
  const value = (name) => (Array.isArray(told[name]) ? told[name].length : told[name]);
  for (const each of place.querySelectorAll("[data-when]"))
    each.hidden = !each.dataset.when
      .split(" ")
      .every((name) => (name[0] === "!" ? !value(name.slice(1)) : value(name)));
  for (const each of place.querySelectorAll("[data-say]")) each.textContent = value(each.dataset.say);
  for (const each of place.querySelectorAll("[data-each]")) {
    const template = each.querySelector("template");
    const rows = told[each.dataset.each].map((one) => {
      const row = template.content.cloneNode(true);
      for (const cell of row.querySelectorAll("[data-cell]")) cell.textContent = one[cell.dataset.cell];
      for (const cell of row.querySelectorAll("[data-wrong]")) cell.textContent = inWords(one);
      return row;
    });
    each.replaceChildren(template, ...rows);
  }
  place.hidden = false;
  place.focus();
}

/** While it is on its way nothing is sent twice, and what takes long says so. */
function busy(form, on) {
  for (const each of form.elements) if (each.type === "submit") each.disabled = on;
  for (const each of form.querySelectorAll("progress")) each.hidden = !on;
}

async function send(form, asked) {
  clear(form);
  if (isTooBig(form)) return;
  const then = asked?.dataset.then ?? form.dataset.then;
  // A form without fields moves the whole, and what leads away leaves the page: nothing that is typed can stay.
  if ((then || "empty" in form.dataset) && isTypedBeside(form) && !confirm(inWords({ code: "unsent" }))) return;
  busy(form, true);
  try {
    const [path, options] = question(form, asked);
    const patience = AbortSignal.timeout(options.body instanceof Blob ? 120000 : 15000);
    const answer = await fetch(path, { ...options, credentials: "same-origin", signal: patience });
    const told = await answer.json().catch(() => ({}));
    if (answer.status === 401) return complain(form, { said: document.body.dataset.signedOut });
    if (!answer.ok) return complain(form, told);
    if (form.dataset.results) return list(document.getElementById(form.dataset.results), told);
    if (form.dataset.report) return report(document.getElementById(form.dataset.report), told);
    if (then) location.assign(then.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(told[name] ?? "")));
    else await renew(form, follow);
  } catch (error) {
    console.warn(String(error));
    complain(form, { said: document.body.dataset.away });
  } finally {
    busy(form, false);
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.api) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
/** What belongs to another choice is neither seen nor sent. */
function follow(form) {
  for (const part of form.querySelectorAll("[data-for]")) {
    const [name, ...values] = part.dataset.for.split(" ");
    part.disabled = part.hidden = !values.includes(form.elements.namedItem(name).value);
  }
}
// Also when the browser comes back to a page with what was chosen there.
addEventListener("pageshow", () => [...document.forms].forEach(follow));

document.addEventListener("change", ({ target }) => {
  if (target.form) follow(target.form);
  if ("submit" in target.dataset) target.form.submit();
  // What was told was told of another file.
  if (target.type === "file" && target.form?.dataset.report)
    document.getElementById(target.form.dataset.report).hidden = true;
});

// Who writes for an hour is at work, though the service hears nothing of it: any request keeps the session.
let heard = Date.now();
for (const sign of ["keydown", "pointerdown"])
  document.addEventListener(sign, () => {
    if (Date.now() - heard < 240000) return;
    heard = Date.now();
    fetch("/health/live", { credentials: "same-origin" }).catch(() => {});
  });
