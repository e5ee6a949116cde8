// What the page says, in the operator's language. Codes of the system become plain words here.

import de from "../i18n/de.js";
import en from "../i18n/en.js";
import fr from "../i18n/fr.js";
import nl from "../i18n/nl.js";
import { parts } from "./dom.js";

/** @type {Record<string, Record<string, string | string[]>>} */
const TEXTS = { nl, fr, de, en };
const KEPT = "stalkingalarm.language";

export let language = start();

function start() {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((tag) => tag !== null && tag in TEXTS) ?? "nl";
}

/** Dates and numbers as written here; English as in Europe. */
export const locale = () => (language === "en" ? "en-GB" : `${language}-BE`);

/**
 * Switch the language and keep the choice for this workstation.
 * @param {string} tag
 */
export function speak(tag) {
  language = tag;
  localStorage.setItem(KEPT, tag);
  showFixed();
}

/**
 * The text of a key, with {name} replaced.
 * @param {string} key
 * @param {Record<string, string | number>} values
 */
export function t(key, values = {}) {
  return filled(String(TEXTS[language][key] ?? TEXTS.en[key] ?? key), values);
}

/**
 * The form of a text for a number, which replaces {count}.
 * @param {string} key
 * @param {number} count
 * @param {Record<string, string | number>} values
 */
export function nt(key, count, values = {}) {
  const forms = [TEXTS[language][key] ?? TEXTS.en[key] ?? key].flat();
  const form = new Intl.PluralRules(language).select(count) === "one" ? forms[0] : forms[forms.length - 1];
  return filled(form, { ...values, count });
}

/**
 * @param {string} text
 * @param {Record<string, string | number>} values
 */
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

/**
 * The text of a code of the system; nothing where it is not known.
 * @param {string} group
 * @param {string | null} code
 */
export function textOf(group, code) {
  const key = `${group}.${code}`;
  const text = TEXTS[language][key] ?? TEXTS.en[key];
  return text === undefined ? undefined : String(text);
}

/**
 * A code of the system in plain words; a code that is not known yet stays readable.
 * @param {string} group
 * @param {string | null} code
 */
export const word = (group, code) => textOf(group, code) ?? String(code).replaceAll("_", " ");

/**
 * Names come by language; not every place has one in each.
 * @param {Names | null | undefined} names
 */
export const nameOf = (names) => names?.[language] ?? names?.nl ?? names?.fr ?? names?.de ?? "";

/** Texts that stand in the page itself. */
export function showFixed() {
  document.documentElement.lang = language;
  for (const node of parts(document, "[data-text]")) {
    const key = String(node.dataset.text);
    node.textContent = t(key);
  }
}
