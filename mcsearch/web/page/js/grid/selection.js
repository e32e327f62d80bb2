// The photos that are selected, and what can be done with them.

import { addTags, download, teach } from "../api.js";
import { counted, element, icon, tell } from "../elements.js";
import { ask } from "../asking.js";

const chosen = new Map(); // id → hit
const listeners = [];
let last = null; // { hits, place } of the last one that was selected, where a range begins

export const has = (id) => chosen.has(id);
export const count = () => chosen.size;

/** Call `listener()` after each change. */
export function onChange(listener) {
  listeners.push(listener);
}

/** Select a hit or take it out; with `range`, select all from the last one that was selected. */
export function toggle(hits, place, range) {
  if (range && last?.hits === hits) {
    const [from, to] = [Math.min(last.place, place), Math.max(last.place, place)];
    for (let at = from; at <= to; at++) if (hits.at(at)) chosen.set(hits.at(at).id, hits.at(at));
  } else {
    const hit = hits.at(place);
    if (!hit) return;
    if (!chosen.delete(hit.id)) chosen.set(hit.id, hit);
  }
  last = { hits, place };
  changed();
}

/** Select nothing. */
export function clear() {
  chosen.clear();
  last = null;
  changed();
}

function changed() {
  listeners.forEach((listener) => listener());
  draw();
}

function draw() {
  const bar = document.getElementById("selection");
  bar.hidden = !chosen.size;
  if (!chosen.size) return;
  bar.replaceChildren(
    element("strong", {}, `${counted(chosen.size, "photo")} selected`),
    element("button", { type: "button", onclick: copyPaths }, icon("copies"), "Copy paths"),
    element("button", { type: "button", onclick: save }, icon("download"), "Download"),
    element("button", { type: "button", onclick: tag }, icon("tag"), "Tag"),
    element("button", { type: "button", title: "Teach a label by photos that show it", onclick: () => teachBy(true) }, icon("like"), "Teach: yes"),
    element("button", { type: "button", title: "Correct a taught label by photos that do not show it", onclick: () => teachBy(false) }, icon("unlike"), "Teach: no"),
    element("button.quiet", { type: "button", aria: { label: "Select nothing" }, onclick: clear }, icon("close")),
  );
}

async function copyPaths() {
  await navigator.clipboard.writeText([...chosen.values()].map((hit) => hit.path).join("\n"));
  tell(`${counted(chosen.size, "path")} copied.`);
}

async function save() {
  try {
    await download([...chosen.keys()]);
  } catch (error) {
    tell(error.message, { failed: true });
  }
}

async function tag() {
  const label = await ask("Tag the selected photos", "Label", "Add the tag");
  if (!label) return;
  try {
    await addTags([...chosen.keys()], [label]);
    tell(`${counted(chosen.size, "photo")} tagged "${label}".`);
  } catch (error) {
    tell(error.message, { failed: true });
  }
}

/** Teach a label by the selected photos, which show it or do not. */
async function teachBy(shows) {
  const label = await ask(shows ? "The selected photos show" : "The selected photos do not show", "Label", "Teach");
  if (!label) return;
  try {
    const { label: name, yes, no, tagged } = await teach(label, [...chosen.keys()], shows);
    tell(`"${name}" has learnt from ${counted(yes, "photo")} with it and ${counted(no, "photo")} without. Tagged now: ${counted(tagged, "photo")}.`);
  } catch (error) {
    tell(error.sentence ?? error.message, { failed: true }); // the hint is for the terminal
  }
}
