// The HTTP API: the only place that knows its addresses. Every function raises ApiError for an error it answers with.

const ROOT = "api/v1/";
const SIZES = [256, 512, 1024, 2048];

export class ApiError extends Error {
  constructor(status, { code, message, hint }) {
    super(hint ? `${message} ${hint}` : message);
    Object.assign(this, { name: "ApiError", status, code, sentence: message });
  }
}

async function request(path, { method = "GET", body, json, signal } = {}) {
  const headers = json ? { "Content-Type": "application/json" } : body ? { "Content-Type": body.type || "application/octet-stream" } : {};
  const answer = await fetch(ROOT + path, { method, headers, body: json ? JSON.stringify(json) : body, signal });
  if (answer.ok) return answer.json();
  const { error } = await answer.json().catch(() => ({}));
  throw new ApiError(answer.status, error ?? { code: "internal", message: "The server gave no reason." });
}

function parameters(question, more = {}) {
  const query = new URLSearchParams();
  if (question.q) query.set("q", question.q);
  for (const text of question.not) query.append("not", text);
  for (const id of question.like) query.append("like", id);
  for (const id of question.notLike) query.append("not_like", id);
  for (const [name, values] of Object.entries(question.filters)) values.forEach((one) => query.append(name, one));
  if (question.sort) query.set("sort", question.sort);
  if (asksForTexts(question) && !question.all) query.set("relevant", "true");
  for (const [name, value] of Object.entries(more)) if (value !== null && value !== undefined) query.set(name, value);
  return query;
}

/** Whether a question has texts, so that its hits have a relevance. */
export function asksForTexts(question) {
  return Boolean(question.q || (question.not.length && question.like.length));
}

/** One page of hits. */
export function search(question, { offset, limit, cursor, signal }) {
  return request(`search?${parameters(question, { offset, limit, cursor })}`, { signal });
}

/** The shapes and the months of all hits. */
export function layout(question, { cursor, signal }) {
  return request(`search/layout?${parameters(question, { cursor })}`, { signal });
}

export const facets = (question) => request(`facets?${parameters({ ...question, q: "", not: [], like: [], notLike: [], sort: "" })}`);
export const photo = (id) => request(`photos/${encodeURIComponent(id)}`);
export const library = () => request("status");

/** Send a picture to search by. A file of another type goes as bytes, so that the answer says what is wrong with it. */
export const upload = (file) => request("uploads", { method: "POST", body: file.type.startsWith("image/") ? file : file.slice(0, file.size, "application/octet-stream") });
export const addTags = (ids, labels) => changeTags({ ids, give: labels, take: [] });
export const removeTags = (ids, labels) => changeTags({ ids, give: [], take: labels });

/** Teach a label by photos that show it or do not. The window gets the event "tagged". */
export async function teach(label, ids, shows) {
  const answer = await request("taught", { method: "POST", json: { label, yes: shows ? ids : [], no: shows ? [] : ids } });
  dispatchEvent(new Event("tagged"));
  return answer;
}

/** Change tags. The window gets the event "tagged", since the counts of the tags have changed. */
async function changeTags(json) {
  const answer = await request("tags", { method: "POST", json });
  dispatchEvent(new Event("tagged"));
  return answer;
}

/** The address of a thumbnail whose longer side has at least `pixels`, where there is one. */
export function thumbnail(id, pixels) {
  const size = SIZES.find((one) => one >= pixels) ?? SIZES.at(-1);
  return `${ROOT}photos/${encodeURIComponent(id)}/thumbnail?size=${size}`;
}

/** The address of the file itself, to save it. */
export const original = (id) => `${ROOT}photos/${encodeURIComponent(id)}/original?download=true`;

/** Save a zip of photos. */
export async function download(ids) {
  const { url } = await request("downloads", { method: "POST", json: { ids } });
  const link = document.createElement("a");
  link.href = url;
  link.click();
}

/** The albums, each with the question it asks. */
export async function albums() {
  const { albums: saved } = await request("albums");
  return saved.map(({ name, search: asked }) => ({ name, question: questionOf(new URLSearchParams(asked)) }));
}

export const saveAlbum = (name, question) => request("albums", { method: "POST", json: { name, search: String(parameters(question)) } });
export const removeAlbum = (name) => request(`albums/${encodeURIComponent(name)}`, { method: "DELETE" });

const NO_FILTERS = new Set(["q", "not", "like", "not_like", "sort", "relevant", "limit", "offset", "cursor", "min_score", "collapse"]);

/** The question that the parameters of a search ask. */
function questionOf(asked) {
  const filters = {};
  for (const name of new Set(asked.keys())) if (!NO_FILTERS.has(name)) filters[name] = asked.getAll(name);
  return {
    q: asked.get("q") ?? "", not: asked.getAll("not"), like: asked.getAll("like"), notLike: asked.getAll("not_like"),
    sort: asked.get("sort") ?? "", all: asked.get("relevant") !== "true", filters,
  };
}

/** The groups that the last search for duplicates found; null if there was none. */
export async function duplicates() {
  try {
    return await request("duplicates?limit=200");
  } catch (error) {
    if (error.code === "not_found") return null;
    throw error;
  }
}

/** Start a run that indexes what is new, or one that looks for duplicates. */
export const startJob = (kind) => request("jobs", { method: "POST", json: { kind } });
export const stopJob = (job) => request(`jobs/${encodeURIComponent(job)}`, { method: "DELETE" });

/** Call `listener(job)` at each step of a job; a promise of the job when it has ended. */
export function followJob(job, listener) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`${ROOT}jobs/${encodeURIComponent(job)}/events`);
    for (const state of ["running", "done", "stopped", "failed"]) {
      events.addEventListener(state, (event) => {
        const now = JSON.parse(event.data);
        listener(now);
        if (state === "running") return;
        events.close();
        resolve(now);
      });
    }
    events.onerror = () => {
      if (events.readyState !== EventSource.CLOSED) return; // the browser tries again
      reject(new Error("The run has ended, since mcsearch was started again. What was finished is kept.")); // it knows no such job
    };
  });
}
