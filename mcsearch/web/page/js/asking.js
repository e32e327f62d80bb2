// A small dialog that asks for one line of text.

import { element } from "./elements.js";

/** A promise of what was typed, or of "" if the dialog was closed. */
export function ask(title, label, verb) {
  const dialog = document.getElementById("asked");
  return new Promise((resolve) => {
    const input = element("input", { type: "text", id: "asked-text", required: true, maxLength: 100 });
    const form = element("form", { method: "dialog", onsubmit: () => { dialog.returnValue = "done"; } },
      element("h2", { id: "asked-title" }, title),
      element("p", {}, element("label", { for: "asked-text" }, `${label} `), input),
      element("div.ends", {},
        element("button", { type: "button", onclick: () => dialog.close("") }, "Cancel"),
        element("button.first", { type: "submit", value: "done" }, verb)));
    dialog.replaceChildren(form);
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "done" ? input.value.trim() : ""), { once: true });
    dialog.showModal();
    input.focus();
  });
}
