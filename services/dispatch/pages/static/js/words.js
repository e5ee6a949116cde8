// What the page says, in the operator's language. Codes of the system become plain words here.

import de from "../i18n/de.js";
import en from "../i18n/en.js";
import fr from "../i18n/fr.js";
import nl from "../i18n/nl.js";
import { parts } from "./dom.js";

/** @type {Record<string, Record<string, string>>} */
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
  const text = TEXTS[language][key] ?? TEXTS.en[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));
}

/**
 * A code of the system in plain words; a code that is not known yet stays readable.
 * @param {string} group
 * @param {string | null} code
 */
export function word(group, code) {
  const key = `${group}.${code}`;
  return TEXTS[language][key] ?? TEXTS.en[key] ?? String(code).replaceAll("_", " ");
}

/**
 * Names come by language; not every place has one in each.
 * @param {Names | null | undefined} names
 */
export const nameOf = (names) => names?.[language] ?? names?.nl ?? names?.fr ?? names?.de ?? "";

/** Texts that stand in the page itself. */
export function showFixed() {
  document.documentElement.lang = language;
  for (const node of parts(document, "[data-text]")) node.textContent = t(node.dataset.text ?? "");
}
