// The viewer: PhotoSwipe shows the photo; s finds similar ones, t adds a tag, f shows the facts.

import PhotoSwipe from "../../vendor/photoswipe/photoswipe.esm.min.js";
import { original, thumbnail } from "../api.js";
import { element, icon } from "../elements.js";
import { nameOf } from "../grid/grid.js";
import { FactsPanel } from "./facts.js";
import { canAvoid, moreLike, notThis } from "../search.js";

let open = null; // the PhotoSwipe that is open
let withFacts = false; // the facts stay open from photo to photo

/**
 * Open the viewer on one of many photos.
 * @param {{count: number, at: function(number): Object|undefined, load: function(number): Promise}} source
 * @param {number} start the place of the photo to show first
 * @param {{moved: function(number, Object), closed: function(number)}} wishes
 */
export function view(source, start, wishes) {
  open?.destroy();
  const viewer = new PhotoSwipe({
    index: start, loop: false, bgOpacity: 1, wheelToZoom: true, preload: [1, 2], escKey: true, trapFocus: true,
    showHideAnimationType: "none", // an animation would swallow the first keys
    paddingFn: () => ({ top: 0, bottom: 0, left: 0, right: withFacts && innerWidth > 700 ? 340 : 0 }),
  });
  const panel = new FactsPanel();
  viewer.addFilter("numItems", () => source.count);
  viewer.addFilter("itemData", (item, at) => slide(source, at, viewer));
  viewer.addFilter("contentErrorElement", () => element("div.viewer-away", {}, element("p", {},
    "This photo cannot be shown now. Its file may have gone, or its disk may be away.")));
  viewer.on("uiRegister", () => register(viewer, panel, source));
  const arrive = () => {
    const place = viewer.currIndex;
    const hit = source.at(place);
    if (!hit) { // its page is on its way
      source.load(place).then(() => { if (open === viewer && viewer.currIndex === place) arrive(); }).catch(() => {});
      return;
    }
    wishes.moved(place, hit);
    panel.show(hit);
    viewer.element?.setAttribute("aria-label", `Photo ${nameOf(hit)}`);
  };
  viewer.on("change", arrive);
  const onKey = (event) => key(event, viewer, panel, source);
  document.addEventListener("keydown", onKey);
  viewer.on("close", () => {
    document.removeEventListener("keydown", onKey);
    open = null;
  });
  viewer.on("destroy", () => wishes.closed(viewer.currIndex));
  open = viewer;
  viewer.init();
}

/** Close the viewer, as when the browser goes back. */
export function close() {
  open?.close();
}

/** Whether the viewer is open. */
export function isOpen() {
  return open !== null;
}

function slide(source, at, viewer) {
  const hit = source.at(at);
  if (!hit) {
    source.load(at).then(() => viewer.refreshSlideContent(at)).catch(() => {});
    return { html: "" };
  }
  const { width, height } = shown(hit);
  return { src: thumbnail(hit.id, Math.max(innerWidth, innerHeight) * devicePixelRatio), width, height, alt: nameOf(hit) };
}

/** The size a photo is shown at: its own, or that of a square when it is not known. */
function shown(hit) {
  const [width, height] = [hit.width || 1600, hit.height || 1600];
  return { width, height };
}

function register(viewer, panel, source) {
  const act = (name, order, title, iconName, onClick, extra = {}) => viewer.ui.registerElement({
    name, order, title, isButton: true, tagName: "button", html: "", ariaLabel: title,
    onInit: (button) => { button.append(icon(iconName)); extra.onInit?.(button); },
    onClick,
  });
  const hit = () => source.at(viewer.currIndex);
  act("facts", 8, "Facts (f)", "facts", (event, button) => toggleFacts(viewer, panel, button), {
    onInit: (button) => { panel.button = button; button.setAttribute("aria-pressed", String(withFacts)); },
  });
  act("similar", 9, "More like this (s)", "like", () => leave(viewer, () => moreLike(hit())));
  if (canAvoid()) act("unlike", 10, "Not this", "unlike", () => leave(viewer, () => notThis(hit())));
  act("add-tag", 11, "Tag (t)", "tag", () => tagIt(viewer, panel));
  act("save", 12, "Download the original", "download", () => element("a", { href: original(hit().id), download: nameOf(hit()) }).click());
  viewer.ui.registerElement({ name: "facts-panel", appendTo: "root", onInit: (place) => panel.into(place, withFacts) });
}

function toggleFacts(viewer, panel) {
  withFacts = !withFacts;
  panel.setShown(withFacts);
  panel.button?.setAttribute("aria-pressed", String(withFacts));
  viewer.updateSize(true);
}

function tagIt(viewer, panel) {
  if (!withFacts) toggleFacts(viewer, panel);
  panel.focusTag();
}

/** Close the viewer, then do something that changes what stands behind it. */
function leave(viewer, then) {
  viewer.on("destroy", () => setTimeout(then));
  viewer.close();
}

function key(event, viewer, panel, source) {
  if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "f") toggleFacts(viewer, panel);
  else if (event.key === "s") leave(viewer, () => moreLike(source.at(viewer.currIndex)));
  else if (event.key === "t") tagIt(viewer, panel);
  else if (event.key === "Home") viewer.goTo(0);
  else if (event.key === "End") viewer.goTo(source.count - 1);
  else return;
  event.preventDefault();
}
