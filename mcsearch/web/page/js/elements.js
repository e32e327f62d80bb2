// Elements made from plain text only: what comes from a file or a query never becomes markup.

/**
 * Make an element.
 * @param {string} name such as "button", or "button.quiet.small" with classes
 * @param {Object} properties set on the element; `data` and `aria` are objects, names beginning with "on" are listeners
 * @param {...(Node|string|null|undefined|false)} children texts become text nodes
 */
export function element(name, properties = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key === "data") Object.assign(made.dataset, value);
    else if (key === "aria") for (const [what, how] of Object.entries(value)) made.setAttribute(`aria-${what}`, how);
    else if (key === "role" || key === "for" || key === "list") made.setAttribute(key, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made[key] = value;
  }
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** An icon of the sheet in index.html, without a name of its own: its button carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.classList.add("icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** "1 photo", "2,345 photos". */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** Say something to the people who look, and to those who listen; it goes away by itself. */
export function tell(text, { failed = false } = {}) {
  const place = document.getElementById("told");
  const told = element(failed ? "p.told.failed" : "p.told", {}, text);
  place.append(told);
  setTimeout(() => told.remove(), failed ? 12000 : 5000);
}
