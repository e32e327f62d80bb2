// Groups of duplicates side by side, the best copy first.

import { duplicates, followJob, startJob, thumbnail } from "./api.js";
import { counted, element, icon, tell } from "./elements.js";

/** Fill the view with groups; `wishes.open(photos, at)` opens one in the viewer. */
export async function show(place, wishes) {
  try {
    const found = await duplicates();
    if (found) draw(place, found, wishes);
    else offer(place, wishes);
  } catch (error) {
    place.replaceChildren(element("p", { role: "alert" }, error.message));
  }
}

function offer(place, wishes) {
  place.replaceChildren(element("div.empty", {}, icon("copies"), element("h2", {}, "Duplicates"),
    element("p", {}, "mcsearch can look for copies of the same picture: resized, re-encoded, cropped, turned or grey. It deletes nothing."),
    element("button.first", { type: "button", onclick: () => look(place, wishes) }, "Look for duplicates")));
}

async function look(place, wishes) {
  const bar = element("progress", { aria: { label: "Progress of the search for duplicates" } });
  place.replaceChildren(element("div.empty", { role: "status" }, element("p", {}, "Looking for duplicates"), bar));
  try {
    const { job } = await startJob("duplicates");
    const ended = await followJob(job, ({ done, total }) => { if (total) Object.assign(bar, { max: total, value: done }); });
    if (ended.state === "failed") throw new Error(ended.error.message);
    await show(place, wishes);
  } catch (error) {
    place.replaceChildren(element("p", { role: "alert" }, error.message));
  }
}

function draw(place, found, wishes) {
  const sum = element("p.sum", { role: "status" });
  const articles = element("div");
  const more = element("button", { type: "button", onclick: () => add(place, articles, found, wishes, fill) }, "Show more groups");
  const fill = () => {
    const extra = found.groups.flatMap((group) => group.photos).filter((one) => !one.keep);
    const freed = extra.reduce((bytes, one) => bytes + one.size_bytes, 0);
    const whole = found.groups.length === found.total;
    sum.replaceChildren(!found.total ? "There are no duplicates here."
      : `${counted(found.total, "group")}, ${whole ? "" : `the first ${found.groups.length.toLocaleString("en")} with `}${counted(extra.length, "extra copy", "extra copies")}, ${size(freed)}. mcsearch deletes nothing.`,
    element("button", { type: "button", onclick: () => look(place, wishes) }, "Look again"));
    for (let at = articles.children.length; at < found.groups.length; at++) articles.append(article(found.groups[at], at, wishes));
    more.hidden = whole;
  };
  fill();
  place.replaceChildren(sum, articles, more);
}

/** Fetch further groups; another search for duplicates may have found others meanwhile. */
async function add(place, articles, found, wishes, fill) {
  try {
    const next = await duplicates(found.groups.length);
    if (next?.job !== found.job) return draw(place, await duplicates(), wishes);
    const at = articles.children.length;
    found.groups.push(...next.groups);
    fill();
    articles.children[at]?.querySelector("button").focus();
  } catch (error) {
    tell(error.message, { failed: true });
  }
  return undefined;
}

function article({ photos }, number, wishes) {
  return element("article", { aria: { label: `Group ${number + 1}` } },
    element("div.copies", {}, ...photos.map((photo, at) => copy(photo, () => wishes.open(photos, at)))));
}

function copy(photo, open) {
  const badge = photo.keep ? element("span.badge.keep", {}, "keep") : element("span.badge", {}, "extra");
  const facts = [photo.format, photo.width && `${photo.width} × ${photo.height}`, size(photo.size_bytes), photo.taken_from !== "mtime" && photo.taken_at?.slice(0, 10), photo.camera];
  return element("figure", {},
    element("button", { type: "button", onclick: open },
      element("img", { src: thumbnail(photo.id, 200 * devicePixelRatio), alt: photo.path, loading: "lazy", decoding: "async" })),
    element("figcaption", {}, badge, ` ${facts.filter(Boolean).join(" · ")}`, element("div.quiet-text", {}, photo.path)));
}

/** "1.3 MB" */
export function size(bytes) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) {
    bytes /= 1000;
    at++;
  }
  return `${at ? bytes.toFixed(1) : bytes} ${units[at]}`;
}
