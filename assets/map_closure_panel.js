/* One closure in words, over the map: why, since and until when, by whom, and what can be done with it.
 *
 * Knows the panel and its buttons. Refuses to know who may press them with success: the server decides and says why.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const h = concord.h;
  const picture = concord.picture;

  let shown = "", from = null, built = "";

  const box = () => document.getElementById("map-closure");
  const agencyOf = (closure) => picture.agencies.get(closure.agency)?.name || closure.agency;

  function open(id, byKeyboard) {
    if (!picture.closures.has(id)) return;
    from = byKeyboard ? document.activeElement : null;
    shown = id; built = "";
    draw();
    parts.closures.show(id, byKeyboard);
    parts.closures.repaint();
    if (byKeyboard) box().querySelector("button")?.focus();
  }

  function close() {
    if (!shown) return false;
    const inside = box().contains(document.activeElement);
    shown = "";
    draw();
    parts.closures.repaint();
    if (inside) (from && from.isConnected ? from : document.querySelector("#map"))?.focus({ preventScroll: true });
    return true;
  }

  function draw() {
    const closure = picture.standingClosures().find((one) => one.id === shown);
    if (shown && !closure) { close(); return; }
    box().hidden = !closure;
    if (!closure) { box().replaceChildren(); built = ""; return; }
    // Built anew only when something changed: a button under somebody's finger stays where it is.
    const key = JSON.stringify([closure, parts.closures.untilWords(closure), picture.incidents.get(closure.incident)?.short]);
    if (key === built) return;
    built = key;
    const act = document.activeElement?.dataset?.act;
    const inside = box().contains(document.activeElement);
    box().replaceChildren(...content(closure));
    if (inside) (box().querySelector(`[data-act="${act}"]`) || box().querySelector("button")).focus();
  }

  function content(closure) {
    const row = (word, ...what) => [h("dt", {}, word), h("dd", {}, ...what)];
    const incident = picture.incidents.get(closure.incident);
    const button = (act, caption, fn, className) => h("button", { type: "button", class: className || "btn", "data-act": act, on: { click: fn } }, caption);
    const link = incident && h("button", { type: "button", class: "link", "data-act": "incident", on: { click: () => concord.select({ incident: incident.id, unit: "" }) } }, `${incident.short} ${incident.name || incident.type}`);
    return [
      h("div", { class: "overlay-head" },
        h("h2", {}, `${closure.shape === "area" ? "Area" : "Street"} closed `, h("span", { class: "mut num" }, closure.id)),
        h("button", { type: "button", class: "icon-btn", "data-act": "close", "aria-label": "Esc, close this panel", on: { click: close } }, h("kbd", {}, "Esc"))),
      h("p", { class: "closure-reason" }, closure.reason),
      h("dl", { class: "closure-facts" },
        row("Since", h("span", { class: "num" }, concord.clockTime(closure.since, true)), " by ", agencyOf(closure)),
        row("Ends", closure.until ? parts.closures.untilWords(closure).replace("until ", "") : "when reopened"),
        row("Passable", closure.passable ? "by emergency vehicles, slowly" : "by nobody"),
        closure.incident ? row("Incident", link || closure.incident) : null),
      h("div", { class: "closing-buttons" },
        button("move", "Move points", () => move(closure.id)),
        button("words", "Change…", () => change(closure.id)),
        button("reopen", "Reopen…", () => reopen(closure.id), "btn btn-main")),
    ];
  }

  function move(id) {
    parts.closing.move(id, () => open(id, false));
  }

  async function change(id) {
    const was = picture.closures.get(id), seen = concord.expectedOf("ChangeClosure", { closure: id });
    const now = await parts.closing.askWords(`Change ${id}`, "Change", "", was);
    if (!now) return;
    const body = { closure: id };
    // Only what was touched is sent: a reason typed here must not take back somebody else's new end.
    for (const field of ["reason", "until", "passable"]) if (now[field] !== was[field]) body[field] = now[field];
    await parts.closing.change(body, seen);
  }

  async function reopen(id) {
    const was = picture.closures.get(id), seen = concord.expectedOf("ReopenStreets", { closure: id });
    const own = was.agency === concord.acting().agency;
    const answer = await concord.ask({
      title: `Reopen ${id}`, submit: "Reopen",
      text: own ? was.reason : `${was.reason}. Closed by ${agencyOf(was)}: say why it can be opened.`,
      fields: [{ name: "reason", label: own ? "Reason (may stay empty)" : "Reason", required: !own, maxlength: 120 }],
    });
    if (answer) await concord.command("ReopenStreets", { closure: id, reason: answer.reason.trim() }, seen);
  }

  concord.mount("map-closure", function (panel) {
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); event.stopPropagation();
      close();
    });
  });
  for (const kind of ["closures", "change", "selection", "hello"]) picture.on(kind, () => shown && draw());

  concord.closeClosure = close;
  parts.closurePanel = { open, close, shown: () => shown };
})();
