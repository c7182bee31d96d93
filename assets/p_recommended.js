/* Asks for recommended units when the selection or its assignments change; keeps the ticks; sends what is ticked.
 * Knows which rows are ticked. Refuses to rank: the server answers into `#recommendation`.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const picture = concord.picture;
  const EVERY_MS = 2000;
  const ticked = new Set();
  let tickedFor = "";
  let askedAt = 0;
  let timer = 0;

  const OVERDUE_MS = 6000;
  let overdue = 0;

  function ask() {
    clearTimeout(timer);
    timer = 0;
    clearTimeout(overdue);
    if (concord.selection.incident) overdue = setTimeout(() => concord.recommendationOverdue?.(), OVERDUE_MS);
    askedAt = performance.now();
    const data = { incident: concord.selection.incident, t: Date.now() };
    try {
      window.dash_clientside.set_props("recommend-query", { data });
    } catch {
      timer = setTimeout(ask, 500); // the renderer is not up yet
    }
  }
  // At once for a new selection, at most every two seconds for news about the same one.
  function askSoon() {
    if (timer) return;
    timer = setTimeout(ask, Math.max(50, EVERY_MS - (performance.now() - askedAt)));
  }

  concord.mount("recommendation", function (box) {
    const panel = document.getElementById("panel-recommended");
    const again = concord.h("button", { type: "button", class: "btn", on: { click: () => ask() } }, "Ask again");
    const late = concord.h("div", { class: "problem", role: "alert", hidden: true }, "The recommended units have not come.", again);
    panel.prepend(late);
    concord.recommendationOverdue = function () {
      late.hidden = !panel.classList.contains("waiting");
    };
    const rows = () => [...box.querySelectorAll("[data-row-unit]")];

    function draw() {
      concord.drawIcons(box);
      const incident = box.querySelector("[data-for-incident]")?.dataset.forIncident || "";
      if (incident !== tickedFor) {
        tickedFor = incident;
        ticked.clear();
      }
      const here = new Set(rows().map((r) => r.dataset.rowUnit));
      for (const unit of ticked) if (!here.has(unit)) ticked.delete(unit);
      for (const row of rows()) {
        const on = ticked.has(row.dataset.rowUnit);
        row.classList.toggle("ticked", on);
        const check = row.querySelector("[role=checkbox]");
        if (check && check.getAttribute("aria-checked") !== String(on)) check.setAttribute("aria-checked", String(on));
      }
      const send = box.querySelector("[data-ticked]");
      if (send) {
        const units = [...ticked].join(",");
        if (send.dataset.units !== units) send.dataset.units = units;
        if (send.dataset.ready !== String(ticked.size > 0)) {
          send.dataset.ready = String(ticked.size > 0);
          send.setAttribute("aria-disabled", String(!ticked.size));
        }
        const count = send.querySelector(".ticked-count");
        if (count) concord.setText(count, ticked.size ? String(ticked.size) : "");
      }
      // An answer to an earlier question must not be worked on as if it were for the incident selected now.
      const waiting = Boolean(concord.selection.incident) && incident !== concord.selection.incident;
      panel.classList.toggle("waiting", waiting);
      if (!waiting) late.hidden = true;
      tell();
    }

    let told = "";
    function tell() {
      const now = [...ticked].sort().join();
      if (now === told) return;
      told = now;
      picture.emit("ticked", [...ticked]);
    }
    concord.tickedUnits = () => [...ticked];
    concord.tick = function (row) {
      const unit = row && row.dataset.rowUnit;
      if (!unit || !row.querySelector("[role=checkbox]")) return;
      if (ticked.has(unit)) ticked.delete(unit);
      else ticked.add(unit);
      draw();
    };
    concord.tickDigit = (digit) => concord.tick(rows().find((r) => r.dataset.key === digit));
    concord.dispatchTicked = function () {
      const send = box.querySelector("[data-ticked]");
      if (send && ticked.size) concord.press(send);
    };
    box.addEventListener("click", function (event) {
      if (event.target.closest("[data-tick-plan]")) {
        for (const row of rows()) if (row.dataset.recommended === "1" && row.querySelector("[role=checkbox]")) ticked.add(row.dataset.rowUnit);
        draw();
      } else if (event.target.closest("[role=checkbox]")) concord.tick(event.target.closest("[data-row-unit]"));
      else if (event.target.closest("[data-locate]")) concord.select({ unit: event.target.closest("[data-row-unit]").dataset.rowUnit });
    });

    // The answer replaces the nodes; focus goes back to the same control of the same unit.
    let focus = null;
    box.addEventListener("focusin", function (event) {
      const row = event.target.closest("[data-row-unit]");
      focus = { unit: row?.dataset.rowUnit || "", index: row ? [...row.querySelectorAll("button")].indexOf(event.target) : -1 };
    });
    box.addEventListener("focusout", (event) => {
      if (event.relatedTarget) focus = null;
    });
    new MutationObserver(function () {
      draw();
      if (!focus || !focus.unit || document.activeElement !== document.body) return;
      const row = rows().find((r) => r.dataset.rowUnit === focus.unit) || rows()[0];
      (row?.querySelectorAll("button")[Math.max(0, focus.index)] || row?.querySelector("button"))?.focus();
    }).observe(box, { childList: true, subtree: true });

    picture.on("selection", function (now) {
      try {
        window.dash_clientside.set_props("selection", { data: now });
      } catch {
        /* only for callbacks that care; the page itself reads concord.selection */
      }
      if (now.incident !== draw.last) {
        draw.last = now.incident;
        if (picture.loaded) ask();
      }
      draw();
    });
    picture.on("reset", ask);
    picture.on("change", function (change) {
      if (!concord.selection.incident) return;
      for (const id of change.assignments)
        if (picture.assignments.get(id)?.incident === concord.selection.incident) return askSoon();
      for (const id of change.incidents) if (id === concord.selection.incident) return askSoon();
    });
    picture.on("closures", function () {
      if (concord.selection.incident) askSoon(); // other ways, other times
    });
    picture.on("outcome", function ({ kind, outcome }) {
      if (kind !== "AssignUnits") return;
      if (outcome.status === "accepted") ticked.clear();
      askSoon();
      draw();
    });
    draw();
  });

  /** Takes the mark of a question or a report off the map. */
  concord.unmark = function () {
    const scene = concord.map && concord.map.scene;
    if (!scene || !scene.mark) return;
    scene.mark = null;
    scene.soon();
  };

  // --- who is responsible here: an overlay on the map that Esc closes ---
  concord.mount("whois", function (box) {
    const overlay = document.getElementById("whois-panel");
    const show = () => (overlay.hidden = !box.firstElementChild);
    new MutationObserver(show).observe(box, { childList: true, subtree: true, characterData: true, attributes: true });
    // Asked again for the place already answered, nothing changes on the page: show what is there.
    picture.on("whois", function ({ lon, lat }) {
      const place = lon.toFixed(6) + "," + lat.toFixed(6);
      if (box.querySelector("[data-place]")?.dataset.place === place) show();
    });
    concord.closeWhois = function () {
      if (overlay.hidden) return false;
      overlay.hidden = true;
      concord.unmark();
      return true;
    };
    // Esc on the focused map takes the mark away; the answer about it goes too.
    picture.on("mark", (at) => { if (!at) concord.closeWhois(); });
    overlay.addEventListener("click", function (event) {
      if (event.target.closest("[data-close]")) concord.closeWhois();
      const report = event.target.closest("[data-report-lon]");
      if (report) picture.emit("place", { lon: Number(report.dataset.reportLon), lat: Number(report.dataset.reportLat) });
    });
  });
})();
