// Groups of duplicates side by side, the best copy first.

import { duplicates, followJob, startJob, thumbnail } from "./api.js";
import { counted, element, icon } from "./elements.js";

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
  const extra = found.groups.reduce((sum, group) => sum + group.photos.filter((one) => !one.keep).length, 0);
  const freed = found.groups.flatMap((group) => group.photos).filter((one) => !one.keep).reduce((sum, one) => sum + one.size_bytes, 0);
  place.replaceChildren(
    element("p.sum", { role: "status" }, found.groups.length
      ? `${counted(found.groups.length, "group")}, ${counted(extra, "extra copy", "extra copies")}, ${size(freed)}. mcsearch deletes nothing.`
      : "There are no duplicates here.",
      element("button", { type: "button", onclick: () => look(place, wishes) }, "Look again")),
    ...found.groups.map((group, number) => element("article", { aria: { label: `Group ${number + 1}` } },
      element("div.copies", {}, ...group.photos.map((photo, at) => copy(photo, () => wishes.open(group.photos, at)))))),
  );
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
