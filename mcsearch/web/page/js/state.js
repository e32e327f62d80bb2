// What the page shows, kept in the address bar: a link shows the same, and the browser's Back works.

/**
 * @typedef {Object} State
 * @property {string} q what the photo shows, in words
 * @property {string[]} not texts to avoid
 * @property {string[]} like photos to look like, by id
 * @property {string[]} notLike photos to avoid, by id
 * @property {Object<string, string[]>} filters values by name, as the API names them
 * @property {string} sort "" for the default, "date" or "path"
 * @property {boolean} all whether hits that probably do not fit are shown, too
 * @property {string} view "" for the photos, "duplicates"
 * @property {string} photo the id of the photo in the viewer, or ""
 * @property {string} at its place among the hits when it was opened, or ""
 */

const LISTS = { not: "not", like: "like", notLike: "not_like" };
const WORDS = { q: "q", sort: "sort", view: "view", photo: "photo", at: "at" };
const listeners = [];
let now = read();

/** The state now; it is never changed in place. */
export function state() {
  return now;
}

/** Call `listener(state, before)` after each change. */
export function onChange(listener) {
  listeners.push(listener);
}

/**
 * Change some of the state. With `replace` the browser's Back does not return to what was before, as while typing.
 */
export function change(changes, { replace = false } = {}) {
  const before = now;
  now = { ...now, ...changes };
  if (!now.photo) now.at = "";
  const address = link(now);
  if (address === link(before)) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  listeners.forEach((listener) => listener(now, before));
}

/** The address of a state. */
export function link(of) {
  const query = new URLSearchParams();
  for (const [key, name] of Object.entries(WORDS)) if (of[key]) query.set(name, of[key]);
  for (const [key, name] of Object.entries(LISTS)) of[key].forEach((one) => query.append(name, one));
  for (const [name, values] of Object.entries(of.filters)) values.forEach((one) => query.append(`f.${name}`, one));
  if (of.all) query.set("all", "1");
  const text = query.toString();
  return text ? `?${text}` : location.pathname;
}

/** A state's filters with other values for one of them; none takes the filter away. */
export function withFilter(of, name, values) {
  const filters = { ...of.filters, [name]: values };
  if (!values.length) delete filters[name];
  return { filters, photo: "" };
}

function read() {
  const query = new URLSearchParams(location.search);
  const of = { all: query.get("all") === "1", filters: {} };
  for (const [key, name] of Object.entries(WORDS)) of[key] = query.get(name) ?? "";
  for (const [key, name] of Object.entries(LISTS)) of[key] = query.getAll(name);
  for (const name of new Set(query.keys())) {
    if (name.startsWith("f.")) of.filters[name.slice(2)] = query.getAll(name);
  }
  return of;
}

addEventListener("popstate", () => {
  const before = now;
  now = read();
  listeners.forEach((listener) => listener(now, before));
});
