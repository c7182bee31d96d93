/* The boundary audit: a list of what is wrong with the boundaries, each with its place on the map.
 *
 * Knows the answer of callbacks/audit.py. Refuses to know how anything was found.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const overlays = (parts.overlays = parts.overlays || []);

  const KINDS = [["", "everything"], ["overlap", "claimed twice"], ["gap", "enclosed gaps"], ["missing", "service missing"]];

  let scene = null, shown = false, answer = null, shapes = [], picked = -1, serial = 0;
  const asked = { kind: "", service: "", slivers: false };
  const services = new Map(); // urn by title, as they have been seen
  const panel = () => document.getElementById("map-audit");

  function ask() {
    if (!shown) return;
    serial = Date.now();
    try {
      window.dash_clientside.set_props("audit-query", { data: { ...asked, t: serial } });
    } catch {
      setTimeout(ask, 500); // the renderer is not up yet
    }
  }

  function took(data) {
    if (!shown || !data || data.t !== serial) return; // an answer to an earlier question
    answer = data; picked = -1;
    shapes = data.rows.map((row) => new parts.Shape([row.polygon]));
    draw(); scene.viewChanged();
  }

  const size = (row) => (row.area >= 1e5 ? (row.area / 1e6).toFixed(2) + " km²" : Math.round(row.area).toLocaleString("en-US") + " m²");

  function draw() {
    const box = panel(), h = concord.h;
    box.hidden = !shown;
    if (!shown) return;
    const focused = box.contains(document.activeElement) ? document.activeElement.name || document.activeElement.dataset.n || "" : "";
    const kinds = h("select", { name: "kind", "aria-label": "Kind", on: { change: (event) => { asked.kind = event.target.value; ask(); } } },
      KINDS.map(([v, text]) => h("option", { value: v, selected: v === asked.kind }, text)));
    const slivers = h("label", { class: "map-check" }, h("input", { type: "checkbox", name: "slivers", checked: asked.slivers, on: { change: (event) => { asked.slivers = event.target.checked; ask(); } } }), h("span", {}, "slivers too"));
    const close = h("button", { type: "button", class: "icon-btn", "aria-label": "Close the boundary audit", on: { click: () => switchOff() } }, "×");
    const rows = answer
      ? answer.rows.map((row, n) =>
          h("li", {}, h("button", { type: "button", class: "audit-row" + (n === picked ? " selected" : ""), "data-n": n, "aria-pressed": String(n === picked), on: { click: () => pick(n) } },
            h("b", {}, row.what), h("span", {}, ` ${row.service}`), h("span", { class: "num mut audit-size" }, size(row)),
            h("span", { class: "block" }, row.names.join(" / ") || row.agencies.join(" / ")),
            h("span", { class: "mut block" }, [row.same ? "one agency's own areas" : row.agencies.join(" / "), `${row.width < 10 ? row.width.toFixed(1) : Math.round(row.width)} m wide`, row.calls ? concord.count(row.calls, "call") + " here" : ""].filter(Boolean).join(" · ")))))
      : [h("li", { class: "mut" }, "Being worked out…")];
    concord.fill(box,
      h("div", { class: "audit-head" }, h("b", {}, "Boundary audit"), kinds, slivers, close),
      h("ol", { class: "audit-list", "aria-busy": String(!answer) }, rows.length ? rows : [h("li", { class: "mut" }, "Nothing found")]),
      answer ? h("div", { class: "mut audit-foot" }, `${answer.count > answer.rows.length ? answer.rows.length + " of " : ""}${concord.count(answer.count, "finding")} · areas in force ${answer.day}${answer.edition ? " · edition " + answer.edition : ""} `, h("a", { href: "/geo/audit.gpkg", download: "" }, "GeoPackage")) : null);
    if (focused !== "") (box.querySelector(`[name="${focused}"]`) || box.querySelector(`[data-n="${focused}"]`))?.focus();
  }

  function pick(n) {
    picked = n;
    const row = answer.rows[n];
    const bounds = L.latLngBounds(row.polygon[0].map(([lon, lat]) => [lat, lon]));
    // Beside the list, not under it.
    scene.map.fitBounds(bounds.pad(0.4), { maxZoom: 17, paddingTopLeft: [panel().offsetWidth + 24, 20], animate: !scene.calm.matches });
    draw(); scene.viewChanged();
  }

  function switchOff() {
    const input = document.querySelector('#map-layers-list input[data-layer="audit"]');
    if (input?.checked) { input.click(); input.focus(); }
  }

  function paint(g, view) {
    const warn = parts.sprites.colour("--warn"), focus = parts.sprites.colour("--focus");
    shapes.forEach((shape, n) => { if (n !== picked) shape.paint(g, view, { fill: warn, line: warn, width: 1.5, alpha: 0.8 }); });
    if (shapes[picked]) shapes[picked].paint(g, view, { fill: focus, hatch: focus, line: focus, width: 2.5, casing: parts.sprites.colour("--map-label") });
  }

  overlays.push({
    key: "audit", caption: "Boundary audit", on: false,
    about: "Gaps, overlaps and missing services of the boundaries in force",
    paint,
    attached(made) {
      scene = made;
      scene.picture.on("ground", ask);
      panel()?.addEventListener("keydown", (event) => { if (event.key === "Escape") { switchOff(); event.stopPropagation(); } });
    },
    switched(on) {
      shown = on; answer = null; shapes = []; picked = -1;
      draw(); ask();
    },
    answered: () => answer,
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onAudit(data) { took(data); return window.dash_clientside.no_update; },
  });
})();
