/* Keys. Function keys act everywhere; letters and digits only on a focused list (WCAG 2.1.4).
 * Knows focus. Refuses F1 F3 F5-F7 F10-F12 and every Ctrl combination: those are the browser's.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;

  const KEYS = [
    ["F4", "next incident without a unit"],
    ["F8", "acknowledge the oldest request or override, and open it"],
    ["Esc", "close what is open, then leave the unit"],
    ["↑ ↓ Enter", "walk a list, choose"],
    ["W", "who is responsible here (on the map)"],
    ["[ ] Z", "step through incidents, zoom to the selected (on the map)"],
    ["C", "close a street (on the map): click points, Enter ends, Backspace takes one back"],
    ["1–9", "tick a recommended unit (in the recommended list)"],
    ["D", "dispatch what is ticked (in the recommended list)"],
    ["N", "write a note (in a list); report an incident (on the map)"],
    ["S", "next status of a unit (in a list)"],
    ["?", "this list"],
  ];

  concord.help = function () {
    if (document.getElementById("help-dialog")) return;
    const from = document.activeElement;
    const close = h("button", { type: "button", class: "btn", on: { click: () => dialog.close() } }, "Close ", h("kbd", {}, "Esc"));
    const dialog = h(
      "dialog",
      { class: "dialog", id: "help-dialog", "aria-labelledby": "help-title" },
      h("h2", { id: "help-title" }, "Keys"),
      h("dl", { class: "keys" }, KEYS.map(([key, words]) => [h("dt", {}, h("kbd", {}, key)), h("dd", {}, words)])),
      h("div", { class: "ask-buttons" }, close),
    );
    dialog.addEventListener("close", function () {
      dialog.remove();
      if (from && from.isConnected) from.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
    close.focus();
  };
  concord.mount("help-button", (button) => button.addEventListener("click", concord.help));

  const within = (selector) => document.activeElement?.closest?.(selector);

  function statusFocus() {
    const lane = within(".lane");
    const steps = lane ? lane.querySelector(".step") : document.querySelector("#unit-card:not([hidden]) .step") || document.querySelector("#lanes .step");
    steps?.focus();
  }

  // In a row of buttons, arrows walk: one key to open, one to move, one to press.
  function walk(event) {
    const row = within(".steps");
    if (!row || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"].includes(event.key)) return false;
    const step = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : -1;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const lanes = [...document.querySelectorAll("#lanes .lane")];
      const next = lanes[lanes.indexOf(within(".lane")) + step];
      next?.querySelector(".step, .lane-call")?.focus();
    } else {
      const all = [...row.querySelectorAll("button")];
      all[(all.indexOf(document.activeElement) + step + all.length) % all.length]?.focus();
    }
    return true;
  }

  function letter(event) {
    const recommended = within("#panel-recommended");
    const list = within("#incident-list, #lanes, #unit-list, #unit-card, #log-list") || recommended;
    if (recommended && /^[1-9]$/.test(event.key)) return concord.tickDigit(event.key), true;
    if (recommended && event.key.toLowerCase() === "d") return concord.dispatchTicked(), true;
    if (list && event.key.toLowerCase() === "n" && concord.selection.incident) return document.getElementById("note-box")?.focus(), true;
    if (list && event.key.toLowerCase() === "s") return statusFocus(), true;
    return false;
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const typing = event.target.matches?.("input:not([type=checkbox]), textarea, select") || event.target.isContentEditable;
    if (document.querySelector("dialog:modal")) return; // it has its own Esc and its own fields
    if (event.key === "F4") concord.nextUnassigned();
    else if (event.key === "F8") concord.acknowledgeTop();
    else if (event.key === "Escape") {
      if (concord.closeReport?.() || concord.closeWhois?.() || concord.closeClosure?.()) event.preventDefault();
      else if (typing) event.target.blur();
      else if (concord.selection.unit) concord.select({ unit: "" });
      return;
    } else if (typing) return;
    else if (event.key === "?") concord.help();
    else if (!walk(event) && !letter(event)) return;
    event.preventDefault();
  });
})();
