// The library as a whole: what is in it, and a run that brings it up to date.

import { followJob, library, startJob, stopJob } from "./api.js";
import { counted, element, tell } from "./elements.js";

const dialog = () => document.getElementById("library");
let following = null; // the run that goes on, as the API describes it
let finished = () => {};

/** Call `listener()` when a run has ended, since there may be other photos now. */
export function onFinished(listener) {
  finished = listener;
}

/** Open the dialog. */
export async function open() {
  dialog().replaceChildren(element("h2", { id: "library-title" }, "Library"), element("p", {}, "One moment."));
  dialog().showModal();
  await draw();
}

/** Follow a run that goes on already, as one started in another window. */
export async function followRunning() {
  const { jobs } = await library();
  const running = jobs.find((one) => one.kind === "index");
  if (running) follow(running);
}

/** Start a run over all indexed folders, and follow it. */
export async function update() {
  try {
    follow(await startJob("index"));
  } catch (error) {
    tell(error.message, { failed: true });
  }
}

async function draw() {
  let status;
  try {
    status = await library();
  } catch (error) {
    dialog().replaceChildren(element("h2", { id: "library-title" }, "Library"), element("p", {}, error.message), ends());
    return;
  }
  const rows = [
    ["Photos", status.photos.toLocaleString("en")],
    ["Tags", status.tags.toLocaleString("en")],
    status.failures && ["Not readable", counted(status.failures, "file")],
    ["Model", status.models.find((one) => one.default)?.name ?? "none yet"],
    ["File", status.file],
  ].filter(Boolean);
  dialog().replaceChildren(
    element("h2", { id: "library-title" }, "Library"),
    element("table.facts", {}, ...rows.map(([what, value]) => element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, value)))),
    element("h3", {}, "Folders"),
    status.roots.length
      ? element("ul", {}, ...status.roots.map((root) => element("li", {}, `${root.path} (${counted(root.photos, "photo")}${root.present ? "" : ", not there now"})`)))
      : element("p", {}, "None yet. Add one in a terminal: ", element("code", {}, "mcsearch index FOLDER")),
    element("div", { id: "job", role: "status" }),
    ends(status.roots.length > 0),
  );
  drawJob();
}

function ends(canIndex = false) {
  return element("div.ends", {},
    canIndex && element("button", { type: "button", id: "update", disabled: Boolean(following), onclick: update }, "Look for new photos"),
    element("button.first", { type: "button", onclick: () => dialog().close() }, "Close"));
}

async function follow(job) {
  if (following?.job === job.job) return;
  following = job;
  drawJob();
  try {
    const { state, error, report } = await followJob(job.job, (now) => {
      following = now;
      drawJob();
    });
    if (state === "failed") tell(error.message, { failed: true });
    else tell(state === "stopped" ? "Stopped. What was finished is kept." : report?.new ? `${counted(report.new, "new photo")}.` : "The library is up to date.");
  } catch (error) {
    tell(error.message, { failed: true });
  }
  following = null;
  if (dialog().open) await draw();
  finished();
}

function drawJob() {
  document.getElementById("running").textContent = following ? `Indexing: ${progressOf(following)}` : "";
  const place = document.getElementById("job");
  const button = document.getElementById("update");
  if (button) button.disabled = Boolean(following);
  if (!place) return;
  if (!following) return place.replaceChildren();
  const { job, done, total } = following;
  const bar = element("progress", { max: total || 1, aria: { label: "Progress of indexing" } });
  if (total) bar.value = done;
  else bar.removeAttribute("value");
  place.replaceChildren(
    element("p", {}, progressOf(following)), bar,
    element("button", { type: "button", onclick: () => stopJob(job).catch((error) => tell(error.message, { failed: true })) }, "Stop"));
}

/** "indexing 120 of 400" */
function progressOf({ stage, done, total }) {
  const count = total ? `${done.toLocaleString("en")} of ${total.toLocaleString("en")}` : done ? done.toLocaleString("en") : "";
  return `${stage ?? "starting"} ${count}`.trim();
}
