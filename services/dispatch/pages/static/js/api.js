// Calls to dispatch. Every refusal becomes a Problem that says in words what is wrong.

import { learn } from "./clock.js";
import { t, textOf } from "./words.js";

const PATIENCE_MS = 5000;

/** A refusal (RFC 9457) or no answer at all (status 0). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} kind
   * @param {string} detail
   * @param {string | null} field
   */
  constructor(status, kind, detail, field = null) {
    super(detail);
    this.status = status;
    this.kind = kind;
    this.field = field;
  }

  /** For the operator: what it means, then what the system said. */
  get words() {
    const unknown = this.status ? t("problem.other") : t("problem.no-answer");
    const meaning = textOf("problem", this.kind) ?? unknown;
    return this.message && this.status ? `${meaning} (${this.message})` : meaning;
  }
}

/** @param {Response} response */
async function problemOf(response) {
  const body = await response.json().catch(() => ({}));
  const kind = String(body.type ?? "").replace("urn:stalkingalarm:", "");
  return new Problem(
    response.status,
    response.status === 401 ? "unauthenticated" : kind,
    body.detail ?? response.statusText,
    body.field ?? null,
  );
}

/**
 * Fetch; raises Problem. The session travels as a cookie that no script can read.
 * @param {string} path
 * @param {RequestInit} options
 */
export async function open(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { cache: "no-cache", credentials: "same-origin", ...options });
  } catch (error) {
    throw new Problem(0, "no-answer", String(error));
  }
  learn(response);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * @param {string} path
 * @param {AbortSignal} signal
 */
export async function get(path, signal = AbortSignal.timeout(PATIENCE_MS)) {
  const response = await open(path, { signal });
  try {
    return await response.json();
  } catch (error) {
    throw new Problem(0, "no-answer", String(error));
  }
}

/**
 * POST; `traceparent` puts what the operator does into the trace of the alarm.
 * @param {string} path
 * @param {object | null} body
 * @param {string | null} [traceparent]
 * @param {number} patience
 */
export const post = (path, body = null, traceparent = null, patience = PATIENCE_MS) =>
  send("POST", path, body, traceparent, patience);

/**
 * PUT; what it answers.
 * @param {string} path
 * @param {object} body
 */
export const put = (path, body) => send("PUT", path, body, null, PATIENCE_MS);

/**
 * @param {string} method
 * @param {string} path
 * @param {object | null} body
 * @param {string | null | undefined} traceparent
 * @param {number} patience
 */
async function send(method, path, body, traceparent, patience) {
  const headers = { ...(body && { "content-type": "application/json" }), ...(traceparent && { traceparent }) };
  const signal = AbortSignal.timeout(patience);
  const response = await open(path, { method, headers, body: body && JSON.stringify(body), signal });
  return response.status === 204 ? null : response.json();
}

/** @param {string} token */
export const signIn = (token) => post("/console/session", { token });
export const signOut = () => open("/signout", { method: "POST" });
