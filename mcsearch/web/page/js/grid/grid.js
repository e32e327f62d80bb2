// A justified grid of any number of photos: only the tiles near the window are in the document.

import { element, icon } from "../elements.js";
import { estimate, justify } from "./layout.js";
import { thumbnail } from "../api.js";
import { PAGE } from "../hits.js";
import * as selection from "./selection.js";

const GAP = 6;
const AHEAD = 1.0; // windows above and below that are drawn ahead
const CALM_MS = 80; // how long a tile has to stay near the window before its thumbnail is asked for

export class Grid {
  /**
   * @param {HTMLElement} place where the grid stands
   * @param {{open: function(number), height: function(): number, scrolled: function(number)}} wishes
   */
  constructor(place, wishes) {
    this.place = place;
    this.wishes = wishes;
    this.hits = null;
    this.blocks = [];
    this.tiles = new Map(); // place of a hit → its tile
    this.focused = 0;
    this.owesFocus = false; // the focus was wished for a tile that is not drawn yet
    this.asked = false;
    this.ahead = AHEAD;
    addEventListener("scroll", () => this.#soon(), { passive: true });
    new ResizeObserver(() => this.relay()).observe(place);
    place.addEventListener("keydown", (event) => this.#key(event));
    for (const done of ["keydown", "pointerdown"]) { // the user has gone on
      addEventListener(done, () => { this.owesFocus = false; }, { capture: true });
    }
    place.setAttribute("role", "list");
    selection.onChange(() => this.#mark());
  }

  /** Show other hits, from their beginning or, with `keep`, from where the window stands. */
  show(hits, { keep = false } = {}) {
    this.#clear();
    this.hits = hits;
    this.focused = 0;
    this.owesFocus = false;
    this.blocks = [];
    for (let start = 0; start < hits.total; start += PAGE) {
      this.blocks.push({ start, count: Math.min(PAGE, hits.total - start), boxes: null, top: 0, height: 0 });
    }
    if (!keep) scrollTo(0, 0);
    this.ahead = 0; // what is in the window comes first
    this.relay();
    setTimeout(() => {
      this.ahead = AHEAD;
      this.#soon();
    }, CALM_MS);
  }

  /** Lay everything out again, as after a change of the width or of the size of the thumbnails. */
  relay() {
    if (!this.hits) return;
    const anchor = this.#anchor();
    const hadFocus = this.place.contains(document.activeElement);
    this.width = this.place.clientWidth;
    this.blocks.forEach((block, number) => this.#layOut(block, number));
    this.#stack();
    this.#clear();
    if (anchor) this.reveal(anchor.place, anchor.from);
    this.draw();
    if (hadFocus) this.#takeFocus();
  }

  /** Scroll so that a hit stands `from` pixels below the top of the window. */
  reveal(place, from = null) {
    const block = this.blocks[Math.floor(place / PAGE)];
    if (!block) return;
    const box = this.#boxAt(block, place);
    const top = this.#top() + block.top + box.top;
    if (from !== null) scrollTo(0, scrollY + (top - scrollY - from));
    else if (top < scrollY + 140 || top + box.height > scrollY + innerHeight) scrollTo(0, top - 160);
  }

  /** Put the focus on a hit's tile. */
  focus(place) {
    this.focused = Math.min(Math.max(0, place), this.hits.total - 1);
    this.reveal(this.focused);
    this.draw();
    for (const [at, tile] of this.tiles) tile.open.tabIndex = at === this.focused ? 0 : -1;
    this.#takeFocus();
  }

  /** The place of the first hit whose row is in the window. */
  first() {
    return this.#anchor()?.place ?? 0;
  }

  /** Draw the tiles near the window and take the others out. */
  draw() {
    this.asked = false;
    if (!this.hits) return;
    const top = scrollY - this.#top() - innerHeight * this.ahead;
    const bottom = top + innerHeight * (1 + 2 * this.ahead);
    const wanted = new Set();
    for (const [number, block] of this.blocks.entries()) {
      if (block.top + block.height < top || block.top > bottom) continue;
      if (!block.boxes || !this.hits.known.has(number)) { // the viewer may know hits that were never laid out
        this.#load(block, number);
        continue;
      }
      for (let at = 0; at < block.count; at++) {
        const box = block.boxes[at];
        if (block.top + box.top + box.height < top || block.top + box.top > bottom) continue;
        wanted.add(block.start + at);
        if (!this.tiles.has(block.start + at)) this.#add(block, at);
      }
    }
    for (const [place, tile] of this.tiles) if (!wanted.has(place)) this.#remove(place, tile);
    this.wishes.scrolled(this.first());
  }

  /** Put the focus on the focused hit's tile, now or as soon as it is drawn. */
  #takeFocus() {
    const tile = this.tiles.get(this.focused);
    this.owesFocus = !tile;
    tile?.open.focus({ preventScroll: true });
  }

  #soon() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => this.draw());
  }

  #top() {
    return this.place.getBoundingClientRect().top + scrollY;
  }

  #anchor() {
    const line = scrollY + 140 - this.#top();
    if (line <= 0) return null; // the top of the page stays the top
    const block = this.blocks.find((one) => one.top + one.height > line);
    if (!block) return null;
    if (!block.boxes) return { place: block.start, from: this.#top() + block.top - scrollY };
    const at = block.boxes.findIndex((box) => block.top + box.top + box.height > line);
    if (at < 0) return null;
    return { place: block.start + at, from: this.#top() + block.top + block.boxes[at].top - scrollY };
  }

  #boxAt(block, place) {
    return block.boxes?.[place - block.start] ?? { top: 0, height: this.wishes.height() };
  }

  #layOut(block, number) {
    const shapes = this.hits.shapes(number);
    const wished = this.wishes.height();
    if (!shapes) {
      block.boxes = null;
      block.height = estimate(block.count, this.width, wished, GAP);
      return;
    }
    const goesOn = block.start + block.count < this.hits.total;
    Object.assign(block, justify(shapes, this.width, wished, GAP, goesOn));
  }

  #stack() {
    let top = 0;
    for (const block of this.blocks) {
      block.top = top;
      top += block.height;
    }
    this.place.style.height = `${top}px`;
  }

  async #load(block, number) {
    if (block.loading) return;
    block.loading = true;
    const hits = this.hits;
    try {
      await new Promise((resolve) => setTimeout(resolve, CALM_MS)); // a window that rushes past asks for nothing
      if (hits !== this.hits || !this.#isNear(block)) return;
      await hits.page(number);
    } catch (error) {
      if (error.name !== "AbortError" && hits === this.hits) this.wishes.lost?.(error);
      return;
    } finally {
      block.loading = false;
    }
    if (hits !== this.hits) return;
    if (block.boxes) this.draw();
    else this.relay();
  }

  #isNear(block) {
    const top = scrollY - this.#top();
    return block.top + block.height > top - innerHeight * (AHEAD + 1) && block.top < top + innerHeight * (AHEAD + 2);
  }

  #add(block, at) {
    const place = block.start + at;
    const hit = this.hits.at(place);
    const name = nameOf(hit);
    const image = element("img", { alt: hit.taken_at ? `${name}, ${hit.taken_at.slice(0, 10)}` : name, decoding: "async", draggable: false });
    const open = element("button.open", {
      type: "button",
      tabIndex: place === this.focused ? 0 : -1,
      title: hit.texts.length ? hit.texts.map((one) => one.text).join("\n") : null,
      onclick: (event) => this.#click(place, event),
    }, image);
    const mark = element("button.mark", {
      type: "button",
      tabIndex: -1,
      aria: { label: `Select ${name}`, pressed: "false" },
      onclick: (event) => selection.toggle(this.hits, place, event.shiftKey),
    }, icon("check"));
    const tile = element("div.tile", { role: "listitem", aria: { setsize: this.hits.total, posinset: place + 1 } },
      open, element("span.caption", { aria: { hidden: "true" } }, caption(hit)), mark);
    tile.classList.toggle("doubtful", hit.relevance !== null && hit.relevance < 0.5);
    Object.assign(tile, { open, mark, image, hit });
    image.addEventListener("error", () => tile.classList.add("away"));
    const next = [...this.tiles.keys()].filter((one) => one > place).reduce((a, b) => Math.min(a, b), Infinity);
    this.place.insertBefore(tile, this.tiles.get(next) ?? null); // the order of reading is the order of the hits
    this.tiles.set(place, tile);
    this.#move(place, tile);
    this.#markOne(tile);
    if (this.owesFocus && place === this.focused) this.#takeFocus();
    tile.timer = setTimeout(() => {
      const { top, bottom } = tile.getBoundingClientRect();
      image.fetchPriority = bottom > 0 && top < innerHeight ? "high" : "low"; // what is in the window comes first
      image.src = thumbnail(hit.id, tile.longerSide * devicePixelRatio);
    }, CALM_MS);
  }

  #move(place, tile) {
    const block = this.blocks[Math.floor(place / PAGE)];
    const box = block.boxes?.[place - block.start];
    if (!box) return;
    tile.longerSide = Math.max(box.width, box.height);
    tile.style.width = `${box.width}px`;
    tile.style.height = `${box.height}px`;
    tile.style.transform = `translate(${box.left}px, ${block.top + box.top}px)`;
  }

  #remove(place, tile) {
    clearTimeout(tile.timer);
    if (!tile.image.complete) tile.image.src = ""; // the browser stops loading it
    tile.remove();
    this.tiles.delete(place);
  }

  #clear() {
    for (const [place, tile] of this.tiles) this.#remove(place, tile);
  }

  #click(place, event) {
    this.focused = place;
    if (event.ctrlKey || event.metaKey || event.shiftKey) selection.toggle(this.hits, place, event.shiftKey);
    else this.wishes.open(place);
  }

  #mark() {
    document.body.classList.toggle("selecting", selection.count() > 0);
    for (const tile of this.tiles.values()) this.#markOne(tile);
  }

  #markOne(tile) {
    const marked = selection.has(tile.hit.id);
    tile.classList.toggle("selected", marked);
    tile.mark.setAttribute("aria-pressed", String(marked));
  }

  #key(event) {
    if (!this.hits?.total || event.altKey || event.ctrlKey || event.metaKey) return;
    const moves = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
    if (event.key in moves) this.focus(this.focused + moves[event.key]);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") this.focus(this.#beside(event.key === "ArrowDown"));
    else if (event.key === " ") selection.toggle(this.hits, this.focused, event.shiftKey);
    else return;
    event.preventDefault();
  }

  /** The hit below or above the focused one. */
  #beside(below) {
    const box = this.tiles.get(this.focused);
    if (!box) return this.focused;
    const from = box.getBoundingClientRect();
    const middle = from.left + from.width / 2;
    let best = this.focused;
    let least = Infinity;
    for (const [place, tile] of this.tiles) {
      const to = tile.getBoundingClientRect();
      const away = below ? to.top - from.bottom : from.top - to.bottom;
      if (away < 0) continue;
      const distance = away * 10 + Math.max(0, to.left - middle, middle - to.right);
      if (distance < least) [best, least] = [place, distance];
    }
    return best;
  }
}

/** The name of a hit's file. */
export function nameOf(hit) {
  return hit.path.split(/[\\/]/).pop();
}

function caption(hit) {
  const parts = [nameOf(hit)];
  if (hit.taken_at) parts.unshift(hit.taken_at.slice(0, 10));
  if (hit.relevance !== null) parts.push(`relevance ${Math.round(100 * hit.relevance)} %`);
  return parts.join(" · ");
}
