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
let typing = false; // the words in the box are still being typed: they replace one another in the history
let typed = false; // the change that is announced comes from the box

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
    timer = setTimeout(type, wishes.isAsking() ? BUSY_WAIT_MS : WAIT_MS);
  });
  document.getElementById("search").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(timer);
    type();
    typing = false;
    box.blur();
  });
  const picked = document.getElementById("picked");
  document.getElementById("pick").addEventListener("click", () => picked.click());
  picked.addEventListener("change", () => {
    if (picked.files[0]) byPicture(picked.files[0]);
    picked.value = ""; // the same file can be picked again
  });
  document.addEventListener("paste", (event) => {
    const file = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (file) byPicture(file);
  });
  drop();
  onChange((now) => {
    if (!typed) {
      clearTimeout(timer);
      typing = false;
      box.value = now.q;
    }
    chips();
  });
  box.addEventListener("blur", () => { typing = false; });
  chips();
}

/** Ask what stands in the box. The browser's Back returns to what was asked before the first letter. */
function type() {
  const before = state().q;
  typed = true;
  change({ q: box.value.trim(), photo: "", view: "" }, { replace: typing });
  typed = false;
  if (state().q !== before) typing = true;
}

/** Take pictures that are dropped anywhere. A sheet over the page is their target, so that the page may change below. */
function drop() {
  const sheet = document.getElementById("drop");
  let entered = null; // the browser leaves an element after it has entered the next one
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    entered = event.target;
    sheet.hidden = false;
  });
  addEventListener("dragleave", (event) => { if (event.target === entered) sheet.hidden = true; });
  addEventListener("dragover", (event) => { if (carries(event)) event.preventDefault(); });
  addEventListener("drop", (event) => {
    sheet.hidden = true;
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

/** Whether there is something to look for, without which nothing can be avoided. */
export function canAvoid() {
  return Boolean(state().q || state().like.length);
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
    if (canAvoid()) made.push(element("button.quiet", { type: "button", onclick: addNot }, icon("unlike"), "Without …"));
    made.push(element("button.quiet", { type: "button", onclick: keep }, icon("album"), "Save as album"));
  }
  if (made.length > (canAvoid() ? 2 : 1)) made.push(element("button.quiet", { type: "button", onclick: () => change({ q: "", not: [], like: [], notLike: [], filters: {}, photo: "" }) }, "Clear"));
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
    tell(error.sentence ?? error.message, { failed: true }); // the hint is for the terminal
  }
}
