// The years beside the photos, in newest-first order: press one, or drag, to go there.

import { element } from "../elements.js";

const CLOSEST = 22; // pixels between two names of years

export class Timeline {
  /** @param {{go: function(number)}} wishes `go` is called with the place of a hit */
  constructor(place, wishes) {
    this.place = place;
    this.wishes = wishes;
    this.total = 0;
    place.addEventListener("pointerdown", (event) => this.#drag(event));
    place.addEventListener("pointermove", (event) => event.buttons && this.#drag(event));
  }

  /** Show the years of hits that are sorted by date; `months` are [month, place of its first hit], `total` counts hits. */
  show(months, total) {
    this.total = total;
    const years = months.filter(([month], at) => month?.slice(0, 4) !== months[at - 1]?.[0]?.slice(0, 4));
    this.place.hidden = !(total > 60 && years.length > 1);
    if (this.place.hidden) return;
    this.here = element("div.here");
    this.track = element("div.track", {}, this.here);
    this.place.replaceChildren(this.track);
    const height = this.track.clientHeight || innerHeight - 100;
    let last = -Infinity;
    for (const [month, first] of years) {
      const top = (first / total) * height;
      if (top - last < CLOSEST) continue;
      last = top;
      const year = element("button.year", { type: "button", onclick: () => this.wishes.go(first) }, month?.slice(0, 4) ?? "undated");
      year.style.top = `${(100 * first) / total}%`; // the window may be resized
      this.track.append(year);
    }
  }

  /** Mark where the window stands. */
  at(place) {
    if (this.place.hidden || !this.total) return;
    this.here.style.top = `${(100 * place) / this.total}%`;
  }

  #drag(event) {
    if (event.target.classList.contains("year")) return;
    const box = this.track.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    this.wishes.go(Math.min(this.total - 1, Math.floor(share * this.total)));
  }
}
