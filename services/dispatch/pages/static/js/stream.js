// The live feed. "live" is only said while it is true: bytes arrive and the database answers.
//
// EventSource hides keep-alives and refusals, so a dead line would look live; hence our own reader.

import { get, open, Problem } from "./api.js";

const SILENCE_MS = 25000; // the server speaks at least every 10 s
const CHECK_MS = 5000;
const WAITS_MS = [250, 500, 1000, 2000];

/**
 * Follows one control room until `stop()`.
 * on.incident(view), on.present(views): all that is open, on.units(units), on.state("live"|"lost"), on.refused().
 */
export class Feed {
  /**
   * @param {string} cic
   * @param {Told} on
   */
  constructor(cic, on) {
    this.base = `/v1/control-rooms/${encodeURIComponent(cic)}`;
    this.on = on;
    this.running = true;
    this.line = new AbortController();
    this.heardAt = 0;
    this.follow();
  }

  stop() {
    this.running = false;
    this.line?.abort();
  }

  async follow() {
    for (let attempt = 0; this.running; attempt += 1) {
      try {
        await this.readOnce(() => {
          attempt = 0;
        });
      } catch (problem) {
        if (!this.running) return;
        if (problem instanceof Problem && [401, 403].includes(problem.status)) {
          this.running = false;
          this.on.state("lost");
          this.on.refused(problem);
          return;
        }
      }
      if (!this.running) return;
      this.on.state("lost");
      await new Promise((done) => setTimeout(done, WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]));
    }
  }

  /** @param {() => void} opened */
  async readOnce(opened) {
    this.line = new AbortController();
    /** @type {ReturnType<typeof setInterval>[]} */
    const timers = [];
    try {
      this.hear();
      timers.push(setInterval(() => this.listen(), 1000));
      const response = await open(`${this.base}/stream`, { signal: this.line.signal });
      this.hear();
      // The stream first, then the whole: nothing falls in between.
      await this.check();
      opened();
      timers.push(setInterval(() => this.check().catch((problem) => this.failed(problem)), CHECK_MS));
      if (response.body) await this.read(response.body.getReader());
    } finally {
      for (const timer of timers) clearInterval(timer);
      this.line.abort();
    }
  }

  hear() {
    this.heardAt = performance.now();
  }

  listen() {
    if (performance.now() - this.heardAt > SILENCE_MS) this.line.abort();
  }

  /** @param {Problem} problem */
  failed(problem) {
    if (problem.status === 401)
      this.line.abort(); // the next attempt meets the refusal itself
    else this.on.state("lost");
  }

  /** Reads everything that is open: makes good what the stream did not tell, and proves that reading works. */
  async check() {
    const startedAt = performance.now();
    const [incidents, units] = await Promise.all([get(`${this.base}/incidents`), get(`${this.base}/units`)]);
    if (this.line.signal.aborted || !this.running) return;
    this.on.present(incidents, startedAt);
    this.on.units(units);
    this.on.state("live");
  }

  /** @param {ReadableStreamDefaultReader<Uint8Array>} reader */
  async read(reader) {
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.hear();
      text += decoder.decode(value, { stream: true });
      const frames = text.split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) this.take(frame);
    }
  }

  /** @param {string} frame */
  take(frame) {
    const lines = frame.split("\n");
    if (!lines.includes("event: incident")) return;
    const data = lines.filter((line) => line.startsWith("data:")).map((line) => line.slice(5).trimStart());
    this.on.incident(JSON.parse(data.join("\n")));
  }
}
