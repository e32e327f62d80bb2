// The panel beside a photo: when, where and with what it was taken, and its tags.

import { addTags, photo, removeTags } from "../api.js";
import { element, icon, tell } from "../elements.js";
import { size } from "../duplicates.js";
import { change, state, withFilter } from "../state.js";

const TEXTS = { names: "Name", caption: "Caption", keywords: "Keywords", place: "Place", read: "Text", generated: "Described" };
const SOURCES = { automatic: "by the model", manual: "by hand", embedded: "keyword in the file", person: "a person" };

export class FactsPanel {
  /** Stand in an element of the viewer. */
  into(place, shown) {
    this.place = place;
    place.className = "viewer-facts";
    place.setAttribute("aria-label", "Facts");
    place.setAttribute("role", "region");
    place.hidden = !shown;
    for (const event of ["pointerdown", "wheel", "click"]) place.addEventListener(event, (one) => one.stopPropagation());
    place.addEventListener("keydown", (event) => { if (event.key !== "Escape") event.stopPropagation(); });
    if (this.hit) this.show(this.hit);
  }

  setShown(shown) {
    this.place.hidden = !shown;
    if (shown && this.hit) this.show(this.hit);
  }

  /** Show the facts of a hit; what comes too late is dropped. */
  async show(hit) {
    this.hit = hit;
    if (!this.place || this.place.hidden) return;
    try {
      const facts = await photo(hit.id);
      if (this.hit === hit) this.#draw(facts);
    } catch (error) {
      if (this.hit === hit) this.place.replaceChildren(element("p", { role: "alert" }, error.message));
    }
  }

  focusTag() {
    if (this.input) this.input.focus();
    else this.wantsFocus = true;
  }

  #draw(known) {
    const facts = known.facts ?? {};
    const rows = [
      ["Relevance", this.hit.relevance != null && `${Math.round(100 * this.hit.relevance)} %`],
      ["Taken", facts.taken_at && `${facts.taken_at.replace("T", " ")}${facts.taken_from === "mtime" ? " (file date)" : ""}`],
      ["Place", known.place],
      ["Position", facts.latitude != null && `${facts.latitude.toFixed(5)}, ${facts.longitude.toFixed(5)}`],
      ["Camera", facts.camera],
      ["Lens", facts.lens],
      ["Size", facts.width && `${facts.width} × ${facts.height}, ${size(known.size_bytes)}`],
      ["Format", facts.format],
      ["Rating", facts.rating && "★".repeat(Math.max(0, facts.rating))],
      ["Caption", facts.caption],
      ["Described", known.described?.text],
      ["Text", known.text],
      ["Copies", known.copies?.length && known.copies.join("\n")],
    ].filter(([, value]) => value);
    this.place.replaceChildren(
      element("p.path", {}, known.path),
      element("table.facts", {}, ...rows.map(([what, value]) => element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, value)))),
      this.hit.texts?.length ? wordsFound(this.hit.texts) : "",
      this.#tags(known),
    );
    if (this.wantsFocus) this.input.focus();
    this.wantsFocus = false;
  }

  #tags(known) {
    this.input = element("input", { type: "text", placeholder: "Add a tag", aria: { label: "Add a tag" }, maxLength: 200 });
    const form = element("form", { onsubmit: (event) => { event.preventDefault(); this.#edit(addTags, this.input.value.trim()); } },
      this.input, element("button", { type: "submit" }, "Add"));
    return element("section", {}, element("h3", {}, "Tags"),
      element("div.viewer-tags", {}, ...known.tags.map((tag) => this.#tag(tag))), form);
  }

  #tag(tag) {
    const find = element("button.link", { type: "button", onclick: () => change({ ...withFilter(state(), "tag", [tag.label]), view: "" }) }, tag.label);
    const editable = tag.source === "manual" || tag.source === "automatic";
    return element(editable ? "span.chip.own" : "span.chip", { title: SOURCES[tag.source] }, find, editable && element("button", {
      type: "button", aria: { label: `Remove the tag ${tag.label}` }, onclick: () => this.#edit(removeTags, tag.label),
    }, icon("close")));
  }

  async #edit(how, label) {
    if (!label) return;
    try {
      await how([this.hit.id], [label]);
      this.wantsFocus = true;
      await this.show(this.hit);
    } catch (error) {
      tell(error.message, { failed: true });
    }
  }
}

/** Where the words that were asked for stand in the texts of a hit. */
function wordsFound(texts) {
  return element("section", {}, element("h3", {}, "Words found"),
    ...texts.map((found) => element("p.words", {}, `${TEXTS[found.source] ?? found.source}: `, ...marked(found))));
}

/** A text as text nodes, and elements around its marks, which are counted in characters and not in UTF-16. */
function marked({ text, marks }) {
  const letters = Array.from(text);
  const nodes = [];
  let after = 0;
  for (const [start, end] of marks) {
    nodes.push(letters.slice(after, start).join(""), element("mark", {}, letters.slice(start, end).join("")));
    after = end;
  }
  return [...nodes, letters.slice(after).join("")];
}
