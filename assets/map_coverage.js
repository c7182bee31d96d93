/* Coverage on the map: what available units reach in time, what is bare, what a proposed dispatch takes away.
 *
 * Knows the answer of callbacks/coverage.py and when it is out of date. Refuses to know how ground is reached.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const overlays = (parts.overlays = parts.overlays || []);

  const EVERY_MS = 2000; // how often coverage is asked for anew while something changes
  const OVERDUE_MS = 8000; // an answer that takes longer is waited for no more
  const MINUTES = [4, 8, 12];
  const FEW_CALLS = 10; // a share of fewer says little and is shown muted

  let scene = null, shown = false, answer = null, paths = null, askedAt = 0, timer = 0, waiting = false, news = false, serial = 0;
  const chosen = { capability: "", minutes: 8, moves: false };
  const box = () => document.getElementById("map-coverage");
  const percent = (share) => (share === null || share === undefined ? "–" : (share >= 0.9995 ? "100" : (share * 100).toFixed(1)) + " %");
  const ground = (km2) => (km2 >= 100 ? Math.round(km2) : km2.toFixed(1)) + " km²";

  /** Who would leave: what is ticked, else the selected unit. */
  function leaving() {
    const ticked = concord.tickedUnits ? concord.tickedUnits() : [];
    const picked = ticked.length ? ticked : concord.selection.unit ? [concord.selection.unit] : [];
    return picked.filter((id) => scene.picture.units.get(id)?.availability === "Available");
  }

  /** What most units of the agency this screen stands for are there for: what they are called after counts first. */
  function usual() {
    const own = new Map(), agency = concord.acting().agency;
    for (const unit of scene.picture.units.values()) {
      if (unit.agency !== agency) continue;
      for (const c of unit.capabilities || []) own.set(c, (own.get(c) || 0) + (c === unit.kind ? 1000 : 1));
    }
    const known = (box()?.dataset.capabilities || "").split(" ");
    return known.reduce((best, c) => ((own.get(c) || 0) > (own.get(best) || 0) ? c : best), known[0] || "");
  }

  function ask() {
    clearTimeout(timer); timer = 0;
    chosen.capability = chosen.capability || usual();
    if (!shown || !chosen.capability) return;
    askedAt = performance.now(); waiting = true; news = false; serial = Date.now();
    try {
      window.dash_clientside.set_props("coverage-query", { data: { capability: chosen.capability, minutes: chosen.minutes, leaving: leaving(), agency: chosen.moves ? concord.acting().agency : "", t: serial } });
    } catch {
      timer = setTimeout(ask, 500); // the renderer is not up yet
    }
  }
  /** For news about the same question. Never before it is answered: on a slow day no answer would ever be the last. */
  function askSoon() {
    if (!shown || timer) return;
    const since = performance.now() - askedAt;
    if (waiting && since < OVERDUE_MS) news = true;
    else timer = setTimeout(ask, Math.max(50, EVERY_MS - since));
  }
  function askNow() { clearTimeout(timer); timer = 0; if (shown) ask(); }

  function took(data) {
    if (!shown || !data || data.t !== serial) return; // an answer to an earlier question
    waiting = false;
    answer = data.problem ? null : data;
    const { Shape } = parts;
    paths = answer && { gaps: new Shape(data.gaps), opened: new Shape(data.opened) };
    draw(data.problem);
    scene.viewChanged();
    if (news) askSoon();
  }

  function draw(problem) {
    const panel = box(), h = concord.h;
    panel.hidden = !shown;
    if (!shown) return;
    const focused = panel.contains(document.activeElement) ? document.activeElement.name : "";
    const choice = (name, label, options, value) => h("label", {}, h("span", { class: "map-hidden" }, label),
      h("select", { name, on: { change: (event) => { chosen[name] = name === "minutes" ? Number(event.target.value) : event.target.value; askNow(); } } },
        options.map(([v, text]) => h("option", { value: v, selected: String(v) === String(value) }, text))));
    const capabilities = panel.dataset.capabilities.split(" ").filter(Boolean);
    const row = (name, now, without, few) => h("tr", { class: few ? "mut" : null }, h("th", { scope: "row" }, name), h("td", { class: "num" }, percent(now)), without === undefined ? null : h("td", { class: "num" + (now - without > 0.0005 ? " warn" : "") }, percent(without)));
    const body = [];
    if (problem) body.push(h("div", { class: "warn", role: "alert" }, problem));
    else if (!answer) body.push(h("div", { class: "mut" }, "Working it out…"));
    else {
      const { now, second, without, move } = answer;
      const named = (answer.leaving || []).map((id) => scene.picture.units.get(id)?.callsign || id).join(", ");
      const calls = `Calls so far (n ${now.n})`;
      body.push(h("table", {},
        without ? h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "now"), h("th", { scope: "col" }, "without " + named))) : null,
        h("tbody", {}, row("Land", now.area, without ? without.area : undefined),
          now.calls === null ? null : row(calls, now.calls, without ? without.calls : undefined, now.n < FEW_CALLS),
          without ? null : row("Land, by two units", second.area))));
      const mark = (className, text) => h("div", { class: "map-coverage-mark" }, h("i", { class: className, "aria-hidden": "true" }), text);
      body.push(mark("bare", `Nobody in ${chosen.minutes} min: ${ground(now.of - now.km2)}`));
      if (without) body.push(answer.opened.length ? mark("opened", `Newly bare: ${ground(now.km2 - without.km2)}`) : h("div", { class: "mut" }, "Nothing more is left bare: others reach all of it"));
      if (move) {
        const base = without || now, share = now.calls !== null && now.n >= FEW_CALLS ? `, calls then ${percent(move.after.calls)}` : "";
        const owner = scene.picture.agencies.get(scene.picture.units.get(move.unit)?.agency)?.short || move.unit;
        body.push(h("div", { class: "map-coverage-move" }, `Best move-up: ${move.callsign} (${owner}) to ${move.station}, ${(move.metres / 1000).toFixed(1)} km away: land then ${percent(move.after.area)} (${move.after.km2 >= base.km2 ? "+" : "−"}${ground(Math.abs(move.after.km2 - base.km2))})${share} `,
          h("button", { type: "button", class: "link", on: { click: () => scene.map.setView([move.lat, move.lon], Math.max(12, scene.map.getZoom()), { animate: !scene.calm.matches }) } }, "Show")));
      } else if (answer.searched) body.push(h("div", { class: "mut" }, "No move-up within the agreements restores any of it"));
      if (!without) {
        const agency = scene.picture.agencies.get(concord.acting().agency);
        body.push(h("label", { class: "map-coverage-moves" }, h("input", { type: "checkbox", name: "moves", checked: chosen.moves, on: { change: (event) => { chosen.moves = event.target.checked; askNow(); } } }), `Best move-up for ${agency ? agency.short : "this agency"}`));
      }
      body.push(h("div", { class: "mut" }, `${answer.units} available · ${answer.method} · as of ${concord.clockTime(concord.boardTime(answer.at))}`));
    }
    concord.fill(panel, h("div", { class: "map-coverage-head" }, h("b", {}, "Coverage"),
      choice("capability", "Capability", capabilities.map((c) => [c, concord.words(c).toLowerCase()]), chosen.capability),
      choice("minutes", "Minutes", MINUTES.map((m) => [m, `within ${m} min`]), chosen.minutes)), body);
    if (focused) panel.querySelector(`[name="${focused}"]`)?.focus();
  }

  function paint(g, view) {
    if (!paths) return;
    const colour = parts.sprites.colour;
    paths.gaps.paint(g, view, { hatch: colour("--muted"), line: colour("--muted"), alpha: 0.55 });
    paths.opened.paint(g, view, { fill: colour("--warn"), line: colour("--warn"), alpha: 0.9, hatch: colour("--warn"), back: true });
  }

  overlays.push({
    key: "coverage", caption: "Coverage", on: false,
    about: "What available units reach in time, and what is left bare",
    paint,
    attached(made) {
      scene = made;
      scene.picture.on("selection", askNow);
      scene.picture.on("ticked", askNow);
      scene.picture.on("reset", askSoon);
      scene.picture.on("closures", askSoon);
      scene.picture.on("change", (change) => { if (change.units.size) askSoon(); });
    },
    switched(on) {
      shown = on; answer = paths = null;
      draw(); askNow();
    },
    answered: () => (waiting ? null : answer),
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onCoverage(data) { took(data); return window.dash_clientside.no_update; },
  });
})();
