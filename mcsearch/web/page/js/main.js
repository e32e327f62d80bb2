// Wires the parts: a change of the state asks a question, and its hits go to the grid.

import * as api from "./api.js";
import * as duplicates from "./duplicates.js";
import { counted, element, icon, tell } from "./elements.js";
import * as facets from "./facets.js";
import { Grid } from "./grid/grid.js";
import { Hits, PAGE } from "./hits.js";
import * as library from "./library.js";
import * as search from "./search.js";
import * as selection from "./grid/selection.js";
import { change, onChange, state } from "./state.js";
import { Timeline } from "./grid/timeline.js";
import * as viewer from "./photo/viewer.js";

const at = (id) => document.getElementById(id);
const CALM_MS = 600; // without another keystroke, before all hits of a query are ranked for their shapes
const SIZE_KEY = "mcsearch thumbnail height";
let height = Number(localStorage.getItem(SIZE_KEY)) || (innerWidth < 600 ? 120 : 200);
let hits = null; // of the question that is shown
let asking = null; // of the question that is on its way

const grid = new Grid(at("grid"), { open, height: () => height, scrolled: (place) => timeline.at(place), lost });
const timeline = new Timeline(at("timeline"), { go: (place) => grid.reveal(place, 140) });

/** What the state asks, apart from what is only shown: two states with equal questions have equal hits. */
function question(of) {
  const { q, not, like, notLike, filters, sort, all } = of;
  return { q, not, like, notLike, filters, sort, all };
}

async function ask({ keep = false } = {}) {
  const of = state();
  asking?.stop();
  const mine = (asking = new Hits(question(of)));
  try {
    await mine.start();
  } catch (error) {
    if (error.name === "AbortError" || asking !== mine) return undefined;
    asking = null;
    return nothing(error);
  }
  if (asking !== mine) return undefined; // another question was asked meanwhile
  asking = null;
  hits?.stop();
  hits = mine;
  at("grid").hidden = false;
  grid.show(hits, { keep });
  describe(of);
  openFromAddress();
  if (hits.total) setTimeout(() => shapeAll(mine), isAsked(of) ? CALM_MS : 0);
  return undefined;
}

/** Lay the grid out with the shapes of all hits, and fill the timeline. */
async function shapeAll(mine) {
  if (mine !== hits || asking) return; // another question was asked meanwhile
  try {
    await mine.shape();
  } catch {
    return; // the grid goes on with estimates
  }
  if (mine !== hits) return;
  grid.relay();
  timeline.show(mine.months, mine.total);
}

/** Whether a state asks for what photos show, and does not only filter them. */
function isAsked(of) {
  return Boolean(of.q || of.like.length);
}

function describe(of) {
  const asked = isAsked(of);
  const fitting = api.asksForTexts(of) && !of.all;
  at("found").textContent = hits.total ? `${counted(hits.total, "photo")}${fitting ? ` probably ${hits.total === 1 ? "fits" : "fit"}` : ""}` : "";
  at("sort-label").hidden = !asked && !of.filters.text;
  timeline.show([], 0);
  at("rest").replaceChildren(...(fitting ? [rest()] : []));
  if (!hits.total) empty(of, fitting);
}

/** The line behind which the hits stand that probably do not fit. */
function rest() {
  const text = hits.total ? "The other photos probably do not fit." : "No photo seems to fit.";
  return element("div.rest", {}, element("span", {}, text, " ",
    element("button.link", { type: "button", onclick: () => change({ all: true }) }, "Show the nearest ones anyway")));
}

function message(iconName, ...lines) {
  at("rest").replaceChildren(element("div.empty", {}, icon(iconName), ...lines));
}

/** Say why there are no hits. With `fitting`, the line about photos that do not fit stays if there are any photos. */
async function empty(of, fitting) {
  const mine = hits;
  const status = await api.library().catch(() => null);
  if (mine !== hits || (fitting && status?.photos !== 0)) return;
  if (status?.photos) {
    message("search", element("h2", {}, "No photo matches"), element("p", {},
      Object.keys(of.filters).length ? "Take a filter away, or choose other dates." : "Try other words."));
  } else if (status?.jobs.some((one) => one.kind === "index")) {
    message("library", element("h2", {}, "Your photos are being indexed"), element("p", {}, "They appear here as soon as the first are done."));
  } else {
    message("library", element("h2", {}, "There are no photos here yet"), element("p", {}, "Index a folder in a terminal: ", element("code", {}, "mcsearch index ~/Pictures")));
  }
}

function nothing(error) {
  at("found").textContent = "";
  at("grid").hidden = true;
  if (error instanceof TypeError || error.status >= 500) { // fetch raises TypeError when nobody answers
    message("away", element("h2", {}, "mcsearch does not answer"), element("p", {}, "Is ", element("code", {}, "mcsearch serve"), " still running?"),
      element("button.first", { type: "button", onclick: () => ask() }, "Try again"));
  } else {
    message("search", element("h2", {}, "This cannot be searched"), element("p", { role: "alert" }, error.message));
  }
}

function lost(error) {
  tell(error instanceof TypeError ? "mcsearch does not answer. Is mcsearch serve still running?" : error.message, { failed: true });
}

async function side(of) {
  try {
    await facets.show(at("side"), question(of));
  } catch (error) {
    if (error.name !== "AbortError") at("side").replaceChildren();
  }
}

function open(place) {
  change({ photo: hits.at(place).id, at: String(place) });
}

/** Open or close the viewer, as the address says. */
async function openFromAddress() {
  const { photo, at: place } = state();
  if (!photo) return viewer.close();
  if (viewer.isOpen()) return undefined;
  const mine = hits;
  if (place < mine.total) await mine.page(Math.floor(place / PAGE)).catch(() => {}); // where it was last time
  if (mine !== hits || photo !== state().photo || viewer.isOpen()) return undefined;
  for (let place = 0; place < hits.total; place++) {
    if (hits.at(place)?.id === photo) return show(hits, place);
  }
  return api.photo(photo).then((one) => show({ total: 1, at: () => flat(one), page: () => Promise.resolve() }, 0)).catch((error) => tell(error.message, { failed: true }));
}

function flat(photo) {
  return { ...photo, width: photo.facts?.width, height: photo.facts?.height, score: null, relevance: null };
}

function show(source, start) {
  viewer.view({ count: source.total, at: (place) => source.at(place), load: (place) => source.page(Math.floor(place / PAGE)) }, start, {
    moved: (place, hit) => change({ photo: hit.id, at: source === hits ? String(place) : "" }, { replace: true }),
    closed: (place) => {
      if (state().photo) change({ photo: "" });
      if (source === hits) grid.focus(place);
    },
  });
}

async function draw(of, before) {
  const changed = !before || JSON.stringify(question(of)) !== JSON.stringify(question(before)) || of.view !== before.view;
  document.body.dataset.view = of.view || "photos";
  at("show-duplicates").setAttribute("aria-pressed", String(of.view === "duplicates"));
  at("sort").value = of.sort;
  if (!changed) return openFromAddress();
  document.title = of.q ? `${of.q} · mcsearch` : "mcsearch";
  if (of.view === "duplicates") {
    at("found").textContent = "";
    timeline.show([], 0);
    await duplicates.show(at("duplicates"), { open: (photos, start) => show({ total: photos.length, at: (place) => photos[place] }, start) });
    return undefined;
  }
  const asksOthers = !before || before.view || JSON.stringify(of.filters) !== JSON.stringify(before.filters);
  return Promise.all([ask(), asksOthers && side(of)]);
}

function listen() {
  at("sort").addEventListener("change", (event) => change({ sort: event.target.value }));
  at("size").value = height;
  at("size").addEventListener("input", (event) => {
    height = Number(event.target.value);
    localStorage.setItem(SIZE_KEY, height);
    grid.relay();
  });
  at("show-duplicates").addEventListener("click", () => change({ view: state().view ? "" : "duplicates", photo: "" }));
  at("show-library").addEventListener("click", () => library.open());
  at("show-filters").addEventListener("click", () => toggleSide());
  document.addEventListener("click", (event) => {
    if (at("side").classList.contains("open") && !event.target.closest("#side, #show-filters")) toggleSide(false);
  });
  addEventListener("tagged", () => side(state()));
  document.addEventListener("keydown", (event) => {
    if (viewer.isOpen() || event.target.matches("input, select, textarea") || document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      at("query").focus();
      event.preventDefault();
    } else if (event.key === "Escape") {
      selection.clear();
      toggleSide(false);
    }
  });
  at("query").addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" || !hits?.total) return;
    event.preventDefault();
    grid.focus(0);
  });
  new ResizeObserver(([entry]) => document.documentElement.style.setProperty("--top-height", `${entry.target.offsetHeight}px`)).observe(document.querySelector(".top"));
}

function toggleSide(wanted = !at("side").classList.contains("open")) {
  at("side").classList.toggle("open", wanted);
  at("show-filters").setAttribute("aria-expanded", String(wanted));
  if (wanted) at("side").querySelector("summary, button, input")?.focus();
}

search.start({ saved: () => side(state()), isAsking: () => asking !== null });
listen();
onChange(draw);
draw(state());
library.onFinished(() => { ask({ keep: true }); side(state()); });
library.followRunning().catch(() => {});
