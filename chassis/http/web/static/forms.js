// Forms that speak to the API: what is typed becomes JSON, a refusal stands beside its field, success shows the page anew,
// with what was typed in its other forms and is not sent yet.
// <form data-api="POST /v1/..." data-then="/desk/..{id}">; a field's name is its path ("elements.harassment"), its
// data-type how it is sent: text (default), list (one a line), bool, chosen (of several boxes), json (the value of a
// choice), file. A file is the body by itself: the other fields of its form go into the address. {name} in data-api is a
// field, in data-then a value of the answer. <fieldset data-for="outcome extend">: seen and sent only while the field
// says so. data-while: sent only while that field says what it said when the page came. data-report: the id of what tells
// of the answer, data-results of a list of what was found.

import { question } from "./fields.js";
import { clear, complain, inWords } from "./problems.js";
import { isTypedBeside, renew } from "./renew.js";

/** Told before it is sent: a server that refuses half way cuts the line, and the browser would not know why. */
function isTooBig(form) {
  const field = form.querySelector("[data-type=file]");
  if (!field || (field.files[0]?.size ?? 0) <= Number(field.dataset.most)) return false;
  complain(form, { field: field.name, said: field.dataset.tooBig });
  return true;
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
