// The hits of one question, asked for page by page as they come near the window.

import { layout, search } from "./api.js";

export const PAGE = 100; // hits a request

/** The hits of one question; `total` and `partial` are known once `start` has ended, all shapes once `shape` has. */
export class Hits {
  /** @param {Object} question what is asked, as api.js takes it */
  constructor(question) {
    this.question = question;
    this.total = 0;
    this.partial = false; // whether photos are missing, because a part of the cluster that searches was lost
    this.cursor = null;
    this.ratios = null; // width × 100 / height of each hit
    this.months = []; // [month, place of its first hit]
    this.pages = new Map(); // number of a page → promise of its hits
    this.known = new Map(); // number of a page → its hits
    this.aborting = new AbortController();
  }

  /** Ask for the first page. Raises what a request raises. */
  async start() {
    const first = await this.#ask(0);
    this.total = first.total;
    this.partial = first.partial;
    this.cursor = first.cursor;
    this.#keep(0, first.hits);
    return this;
  }

  /** Ask for the shapes of all hits, unless the first page has them all. */
  async shape() {
    const { ratios, months } = await layout(this.question, { cursor: this.cursor, signal: this.aborting.signal });
    this.ratios = ratios;
    this.months = months;
  }

  /** A promise of the hits of one page. */
  page(number) {
    if (!this.pages.has(number)) {
      const asked = this.#ask(number).then((answer) => this.#keep(number, answer.hits));
      asked.catch(() => this.pages.delete(number)); // a lost page can be asked for again
      this.pages.set(number, asked);
    }
    return this.pages.get(number);
  }

  /** The hit at a place, or undefined if its page has not come yet. */
  at(place) {
    return this.known.get(Math.floor(place / PAGE))?.[place % PAGE];
  }

  /** Width divided by height of the hits of one page, or null while unknown. */
  shapes(number) {
    const ratios = this.ratios?.slice(number * PAGE, (number + 1) * PAGE).map((one) => one / 100 || 1);
    return ratios ?? this.known.get(number)?.map((hit) => (hit.width && hit.height ? hit.width / hit.height : 1)) ?? null;
  }

  /** Take no more answers. */
  stop() {
    this.aborting.abort();
  }

  #ask(number) {
    return search(this.question, { offset: number * PAGE, limit: PAGE, cursor: this.cursor, signal: this.aborting.signal });
  }

  #keep(number, hits) {
    this.known.set(number, hits);
    this.pages.set(number, Promise.resolve(hits));
    return hits;
  }
}
