// Forms that speak to the API: what is typed becomes JSON, a refusal stands beside its field, success shows the page anew,
// with what was typed in its other forms and is not sent yet.
// <form data-api="POST /v1/..." data-then="/desk/..{id}">; a field's name is its path ("elements.harassment"), its
// data-type how it is sent: text (default), list (one a line), bool, chosen (of several boxes), json (the value of a
// choice), file. A file is the body by itself: the other fields of its form go into the address. {name} in data-api is a
// field, in data-then a value of the answer. <fieldset data-for="outcome extend">: seen and sent only while the field
// says so. data-while: sent only while that field says what it said when the page came. data-report: the id of what tells
// of the answer, data-results of a list of what was found.

import { byId, parts } from "./dom.js";
import { fieldNamed, fieldsOf, fileOf, question } from "./fields.js";
import { clear, complain, inWords } from "./problems.js";
import { isTypedBeside, renew } from "./renew.js";

/**
 * Told before it is sent: a server that refuses half way cuts the line, and the browser would not know why.
 * @param {HTMLFormElement} form
 */
function isTooBig(form) {
  const field = fileOf(form);
  if (!field || (field.files?.[0]?.size ?? 0) <= Number(field.dataset.most)) return false;
  complain(form, { field: field.name, said: field.dataset.tooBig });
  return true;
}

/**
 * What was found, as links; data only ever becomes text.
 * @param {HTMLElement} place
 * @param {Record<string, string>[]} found
 */
function list(place, found) {
  const { link: address = "", show = "", none = "" } = place.dataset;
  const items = found.map((each) => {
    const link = document.createElement("a");
    link.href = address.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(each[name]));
    link.textContent = each[show] ?? "?";
    const item = document.createElement("li");
    item.append(link);
    return item;
  });
  place.replaceChildren(...(items.length ? items : [none]));
}

/**
 * An answer in the words of the page: [data-say] a value (of a list, how many), [data-when] "problems !made" seen only
 * when so, [data-each] its template once for each of a list: [data-cell] a value of it, [data-wrong] what is wrong.
 * @param {HTMLElement} place
 * @param {Record<string, any>} told
 */
function report(place, told) {
  const value = (/** @type {string} */ name) => (Array.isArray(told[name]) ? told[name].length : told[name]);
  const holds = (/** @type {string} */ name) => (name[0] === "!" ? !value(name.slice(1)) : value(name));
  for (const each of parts(place, "[data-when]")) each.hidden = !each.dataset.when?.split(" ").every(holds);
  for (const each of parts(place, "[data-say]")) each.textContent = value(each.dataset.say ?? "");
  for (const each of parts(place, "[data-each]")) repeat(each, told[each.dataset.each ?? ""]);
  place.hidden = false;
  place.focus();
}

/**
 * The template of a place once for each of what was told.
 * @param {HTMLElement} place
 * @param {Record<string, any>[]} told
 */
function repeat(place, told) {
  const template = /** @type {HTMLTemplateElement} */ (place.querySelector("template"));
  const rows = told.map((one) => {
    const row = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    for (const cell of parts(row, "[data-cell]")) cell.textContent = one[cell.dataset.cell ?? ""];
    for (const cell of parts(row, "[data-wrong]")) cell.textContent = inWords(one);
    return row;
  });
  place.replaceChildren(template, ...rows);
}

/**
 * While it is on its way nothing is sent twice, and what takes long says so.
 * @param {HTMLFormElement} form
 * @param {boolean} on
 */
function busy(form, on) {
  for (const each of fieldsOf(form)) if (each.type === "submit") each.disabled = on;
  for (const each of parts(form, "progress")) each.hidden = !on;
}

/**
 * @param {HTMLFormElement} form
 * @param {HTMLElement | null} asked
 */
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
    if (form.dataset.results) return list(byId(form.dataset.results), told);
    if (form.dataset.report) return report(byId(form.dataset.report), told);
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
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.dataset.api) return;
  event.preventDefault();
  send(form, event.submitter);
});
/**
 * What belongs to another choice is neither seen nor sent.
 * @param {HTMLFormElement} form
 */
function follow(form) {
  for (const part of /** @type {NodeListOf<HTMLFieldSetElement>} */ (form.querySelectorAll("[data-for]"))) {
    const [name, ...values] = (part.dataset.for ?? "").split(" ");
    part.disabled = part.hidden = !values.includes(fieldNamed(form, name).value);
  }
}
// Also when the browser comes back to a page with what was chosen there.
addEventListener("pageshow", () => [...document.forms].forEach(follow));

document.addEventListener("change", (event) => {
  const target = /** @type {Field} */ (event.target);
  if (target.form) follow(target.form);
  if ("submit" in target.dataset) target.form.submit();
  // What was told was told of another file.
  if (target.type === "file" && target.form?.dataset.report) byId(target.form.dataset.report).hidden = true;
});

// Who writes for an hour is at work, though the service hears nothing of it: any request keeps the session.
let lastActive = Date.now();
for (const sign of ["keydown", "pointerdown"])
  document.addEventListener(sign, () => {
    if (Date.now() - lastActive < 240000) return;
    lastActive = Date.now();
    fetch("/health/live", { credentials: "same-origin" }).catch(() => {});
  });
