// The search box, pictures to search by, and the chips for everything that was asked.

import { nameOf } from "./grid/grid.js";
import { photo, saveAlbum, thumbnail, upload } from "./api.js";
import { ask } from "./asking.js";
import { element, icon, tell } from "./elements.js";
import { change, onChange, state, withFilter } from "./state.js";

const WAIT_MS = 8; // after a keystroke, for another one
const BUSY_WAIT_MS = 80; // the same while an answer is on its way, so that a slow machine is not asked for every letter
const box = document.getElementById("query");
const names = new Map(); // id of an example photo → its name

let wishes;

/**
 * Listen to the box, and to dropped, pasted and picked pictures.
 * @param {{saved: function(), isAsking: function(): boolean}} wanted `saved` is called when there is a new album
 */
export function start(wanted) {
  wishes = wanted;
  let timer;
  box.value = state().q;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    const typed = () => change({ q: box.value.trim(), photo: "", view: "" }, { replace: true });
    timer = setTimeout(typed, wishes.isAsking() ? BUSY_WAIT_MS : WAIT_MS);
  });
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    change({ q: box.value.trim(), photo: "", view: "" });
    box.blur();
  });
  const picked = document.getElementById("picked");
  document.getElementById("pick").addEventListener("click", () => picked.click());
  picked.addEventListener("change", () => picked.files[0] && byPicture(picked.files[0]));
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (file) byPicture(file);
  });
  drop();
  onChange((now) => {
    if (document.activeElement !== box) box.value = now.q;
    chips();
  });
  chips();
}

function drop() {
  const target = document.getElementById("drop");
  let inside = 0;
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => { if (carries(event)) target.hidden = ++inside < 1; });
  addEventListener("dragleave", (event) => { if (carries(event)) target.hidden = --inside < 1; });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    inside = 0;
    target.hidden = true;
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    byPicture(event.dataTransfer.files[0]);
  });
}

async function byPicture(file) {
  try {
    const { id } = await upload(file);
    names.set(id, file.name);
    change({ like: [...state().like, id], photo: "", view: "" });
  } catch (error) {
    tell(error.message, { failed: true });
  }
}

/** Search for photos like this one; alone, not together with what was asked before. */
export function moreLike(hit) {
  names.set(hit.id, nameOf(hit));
  change({ q: "", not: [], like: [hit.id], notLike: [], photo: "", view: "" });
}

/** Ask again, and avoid photos like this one. */
export function notThis(hit) {
  names.set(hit.id, nameOf(hit));
  change({ notLike: [...state().notLike, hit.id], photo: "", view: "" });
}

function chips() {
  const of = state();
  const place = document.getElementById("chips");
  const made = [
    ...of.like.map((id) => picture(id, "like", "like")),
    ...of.notLike.map((id) => picture(id, "notLike", "not like")),
    ...of.not.map((text) => chip(`not ${text}`, () => change({ not: of.not.filter((one) => one !== text) }), "chip.not")),
    ...Object.entries(of.filters).flatMap(([name, values]) => values.map((value) => chip(
      `${name.replaceAll("_", " ")}: ${value === "true" ? "yes" : value}`,
      () => change(withFilter(of, name, values.filter((one) => one !== value))),
    ))),
  ];
  if (made.length || of.q) {
    made.push(element("button.quiet", { type: "button", onclick: addNot }, icon("unlike"), "Without …"));
    made.push(element("button.quiet", { type: "button", onclick: keep }, icon("album"), "Save as album"));
  }
  if (made.length > 2) made.push(element("button.quiet", { type: "button", onclick: () => change({ q: "", not: [], like: [], notLike: [], filters: {}, photo: "" }) }, "Clear"));
  place.replaceChildren(...made);
}

function chip(text, remove, kind = "chip") {
  return element(`span.${kind}`, {}, element("span", {}, text),
    element("button", { type: "button", aria: { label: `Remove ${text}` }, onclick: remove }, icon("close")));
}

function picture(id, list, word) {
  const name = names.get(id) ?? "a photo";
  const made = chip(`${word} ${name}`, () => change({ [list]: state()[list].filter((one) => one !== id) }), list === "like" ? "chip" : "chip.not");
  if (!id.startsWith("upload-")) made.prepend(element("img", { src: thumbnail(id, 64), alt: "" }));
  if (!names.has(id)) photo(id).then((facts) => { names.set(id, nameOf(facts)); chips(); }).catch(() => names.set(id, "a picture of yours"));
  return made;
}

async function addNot() {
  const text = await ask("Leave out photos that show", "In words", "Leave out");
  if (text) change({ not: [...state().not, text] });
}

async function keep() {
  const name = await ask("Save this search as an album", "Name", "Save");
  if (!name) return;
  try {
    await saveAlbum(name, state());
    tell(`The album "${name}" is saved.`);
    wishes.saved();
  } catch (error) {
    tell(error.message, { failed: true });
  }
}
