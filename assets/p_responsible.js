/* Who is responsible for the selected incident, and what to be warned of; the day "who is responsible here?" asks about.
 * Knows the record's words. Refuses to find out who is responsible: the board recorded it with the report.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  const nameOf = (agency) => picture.agencies.get(agency)?.short || agency + " (not on this board)";

  /** A warning of the record, in words and amber; a note, which calls for nothing, is quiet. */
  concord.warningLine = function (warning, kind) {
    const note = warning.severity === "note";
    return h("span", { class: note ? "resp mut" : kind, "data-severity": warning.severity }, note ? null : h("span", { "aria-hidden": "true" }, "⚠ "), warning.text);
  };

  concord.mount("detail-responsible", function (box) {
    let shown = "";
    function draw() {
      const incident = concord.selectedIncident();
      const answered = (incident?.responsible || []).filter((one) => one.agencies.length || one.gap);
      const key = incident ? incident.id + incident.v + picture.agencies.size : "";
      box.hidden = !answered.length;
      if (key === shown) return;
      shown = key;
      if (!answered.length) return concord.fill(box);
      const warnings = incident.warnings || [];
      const service = (one) =>
        h(
          "span",
          { class: "resp" + (one.gap || one.disputed ? " warn" : ""), title: [one.areas.join(", "), one.layer, one.effective && "from " + one.effective, one.modelled && "modelled"].filter(Boolean).join(" · ") },
          h("span", { class: "mut" }, one.title + " "),
          one.gap ? "nobody on file" : one.agencies.map(nameOf).join(" / "),
        );
      concord.fill(
        box,
        warnings.filter((w) => w.severity !== "note").map((w) => concord.warningLine(w, "resp-warning")),
        h("span", { class: "resp-list" }, h("span", { class: "sr" }, "Responsible: "), answered.map(service)),
        incident.nearby?.length ? h("span", { class: "resp" }, h("span", { class: "mut" }, "Notify too "), incident.nearby.map(nameOf).join(", ")) : null,
        warnings.filter((w) => w.severity === "note").map((w) => concord.warningLine(w, "")),
      );
    }
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "selection"]) picture.on(kind, soon);
    draw();
  });

  concord.mount("whois-panel", function (overlay) {
    let last = null;
    const day = h("input", { type: "date", "aria-label": "As of which day; empty is now" });
    const now = h("button", { type: "button", class: "btn small", on: { click: () => { day.value = ""; ask(); } } }, "Now");
    const bar = h("div", { class: "whois-day" }, h("label", {}, h("span", { class: "mut" }, "As of "), day), now);
    overlay.append(bar);
    function ask() {
      if (last) window.dash_clientside.set_props("whois-query", { data: { ...last, day: day.value, t: Date.now() } });
    }
    day.addEventListener("change", ask);
    picture.on("whois", function ({ lon, lat }) {
      last = { lon, lat };
      day.value = ""; // another place is asked about as it is now
    });
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onPlace(data) {
      concord.placeAnswered?.(data);
      return window.dash_clientside.no_update;
    },
  });
})();
