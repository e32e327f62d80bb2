// The filters at the side: years, places, cameras, tags and formats, with the number of photos of each.

import { albums, facets, removeAlbum } from "./api.js";
import { counted, element, icon, tell } from "./elements.js";
import { change, state, withFilter } from "./state.js";

const SHOWN = 8; // values of a facet before "more"
const TITLES = { tags: ["Tags", "tag"], places: ["Places", "near"], cameras: ["Cameras", "camera"], folders: ["Folders", "in"], formats: ["Formats", "format"] };
const opened = new Set(["albums", "dates", "tags", "places", "cameras"]); // facets that stand open
const whole = new Set(); // facets that show all of their values
let shown = 0; // the number of the last request; older answers are dropped
let asked = null; // the place and the question of the last request

/** Fill the side with what a question's filters leave. */
export async function show(place, question) {
  const number = ++shown;
  asked = [place, question];
  const [found, saved] = await Promise.all([facets(question), albums()]);
  if (number !== shown) return;
  const scrolled = place.scrollTop;
  place.replaceChildren(words(), dates(found.years), ...Object.keys(TITLES).map((name) => facet(name, found[name].map((one) => named(name, one)))).filter(Boolean), ...albumList(saved));
  place.scrollTop = scrolled;
}

/** A value of a facet: its text, what the filter takes, and the number of photos. */
function named(name, { value, photos, name: town, near }) {
  if (name === "places") return { text: town ?? near, value: near, photos };
  if (name === "folders") return { text: value.split(/[\\/]/).pop() || value, value, photos };
  return { text: value, value, photos };
}

/** A field for words in and around photos; each time another one is added, all must occur. */
function words() {
  const input = element("input", { type: "search", placeholder: "Words, names", aria: { label: "Words in and around photos" }, maxLength: 200 });
  return element("form.words", {
    onsubmit: (event) => {
      event.preventDefault();
      if (input.value.trim()) set("text", [[...(state().filters.text ?? []), input.value.trim()].join(" ")]);
    },
  }, input, element("button", { type: "submit" }, "Find"));
}

function set(name, values) {
  change(withFilter(state(), name, values));
}

function facet(name, values) {
  const [title, filter] = TITLES[name];
  const active = state().filters[filter] ?? [];
  if (!values.length && !active.length) return null;
  const visible = whole.has(name) ? values : values.slice(0, SHOWN);
  const list = element("ul", {}, ...visible.map(({ text, value, photos }) => element("li", {}, button(text, photos, active.includes(value),
    () => set(filter, active.includes(value) ? active.filter((one) => one !== value) : [...active, value])))));
  const more = values.length > visible.length && element("button.link", {
    type: "button",
    onclick: (event) => {
      whole.add(name);
      event.target.closest("details").replaceWith(facet(name, values));
    },
  }, `${values.length - visible.length} more`);
  return details(name, title, list, more);
}

function details(name, title, ...children) {
  return element("details", { open: opened.has(name), ontoggle: (event) => opened[event.target.open ? "add" : "delete"](name) },
    element("summary", {}, title), ...children);
}

function button(text, photos, pressed, onclick) {
  return element("button.value", { type: "button", title: text, aria: { pressed: String(pressed) }, onclick },
    element("span", {}, text), element("span.photo-count", { aria: { label: counted(photos, "photo") } }, photos.toLocaleString("en")));
}

function dates(years) {
  const { after = [""], before = [""], on = [] } = state().filters;
  const most = Math.max(...years.map((one) => one.photos), 1);
  const bars = [...years].sort((a, b) => (a.value < b.value ? -1 : 1)).map(({ value, photos }) => {
    const bar = element("span");
    bar.style.height = `${Math.max(4, (100 * photos) / most)}%`;
    const year = String(value);
    return element("button", {
      type: "button", title: `${year}: ${counted(photos, "photo")}`,
      aria: { label: `${year}, ${counted(photos, "photo")}`, pressed: String(on.includes(year)) },
      onclick: () => set("on", on.includes(year) ? [] : [year]),
    }, bar);
  });
  const date = (name, label, value) => [
    element("label", { for: `date-${name}` }, label),
    element("input", { type: "date", id: `date-${name}`, value: value.length === 10 ? value : "", onchange: (event) => set(name, event.target.value ? [event.target.value] : []) }),
  ];
  return details("dates", "Date",
    years.length > 1 && element("div.years", {}, ...bars),
    years.length > 1 && element("div.years-ends", { aria: { hidden: "true" } }, element("span", {}, bars[0].title.slice(0, 4)), element("span", {}, bars.at(-1).title.slice(0, 4))),
    element("div.dates", {}, ...date("after", "From", after[0]), ...date("before", "Before", before[0])));
}

function albumList(saved) {
  if (!saved.length) return [];
  return [details("albums", "Albums", element("ul", {}, ...saved.map(({ name, question }) => element("li.album", {},
    element("button.value", { type: "button", onclick: () => change({ ...question, photo: "", view: "" }) }, icon("album"), element("span", {}, name)),
    element("button.quiet", { type: "button", aria: { label: `Remove the album ${name}` }, onclick: () => remove(name) }, icon("close"))))))];
}

async function remove(name) {
  try {
    await removeAlbum(name);
    tell(`The album "${name}" is removed. Its photos are untouched.`);
    await show(...asked); // also instead of an answer that is on its way and still has the album
  } catch (error) {
    tell(error.message, { failed: true });
  }
}
