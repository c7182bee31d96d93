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

  let scene = null, shown = false, answer = null, paths = null, askedAt = 0, timer = 0, waiting = false, news = false, late = false, overdue = 0, serial = 0;
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
    clearTimeout(overdue);
    overdue = setTimeout(() => { if (shown && waiting) { late = true; draw(); ask(); } }, OVERDUE_MS);
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
    waiting = late = false;
    answer = data.problem ? null : data;
    const { Shape } = parts;
    paths = answer && { gaps: new Shape(data.gaps), opened: new Shape(data.opened) };
    draw(data.problem);
    scene.viewChanged();
    if (news) askSoon();
  }

  /** What was answered is about another question now: it may not stand beside the new one. */
  function changed() {
    answer = paths = null;
    chosen.capability = chosen.capability || usual();
    draw(); scene.viewChanged(); askNow();
  }

  /* The choices stay the same elements: a list somebody has open must not close because a unit moved. */
  function frame(panel) {
    if (panel.firstElementChild) return;
    const h = concord.h, capabilities = panel.dataset.capabilities.split(" ").filter(Boolean);
    const choice = (name, label, options, take) => h("label", {}, h("span", { class: "map-hidden" }, label),
      h("select", { name, on: { change: (event) => { chosen[name] = take(event.target.value); changed(); } } }, options.map(([v, text]) => h("option", { value: v }, text))));
    panel.append(
      h("div", { class: "map-coverage-head" }, h("b", {}, "Coverage"),
        choice("capability", "Capability", capabilities.map((c) => [c, concord.words(c).toLowerCase()]), String),
        choice("minutes", "Minutes", MINUTES.map((m) => [m, `within ${m} min`]), Number)),
      h("div", { class: "map-coverage-body" }),
      h("label", { class: "map-coverage-moves" }, h("input", { type: "checkbox", name: "moves", on: { change: (event) => { chosen.moves = event.target.checked; askNow(); } } }), h("span", {})),
      h("div", { class: "mut map-coverage-method" }));
  }

  function draw(problem) {
    const panel = box(), h = concord.h;
    panel.hidden = !shown;
    if (!shown) return;
    frame(panel);
    const part = (name) => panel.querySelector(name);
    part("[name=capability]").value = chosen.capability;
    part("[name=minutes]").value = String(chosen.minutes);
    const agency = scene.picture.agencies.get(concord.acting().agency);
    concord.setText(part(".map-coverage-moves span"), `Best move-up for ${agency ? agency.short : "this agency"}`);
    part(".map-coverage-moves").hidden = Boolean(problem || answer?.without);
    const held = part(".map-coverage-body").contains(document.activeElement);
    concord.fill(part(".map-coverage-body"), problem ? h("div", { class: "warn", role: "alert" }, problem) : answer ? figures(answer) : h("div", { class: "mut" }, "Working it out…"));
    if (held) part(".map-coverage-body button")?.focus();
    concord.fill(part(".map-coverage-method"), late ? h("span", { class: "warn", role: "alert" }, "No answer comes; asking again. ") : "",
      answer ? `${answer.units} available · ${answer.method} · as of ${concord.clockTime(concord.boardTime(answer.at))}` : "");
  }

  function figures({ now, second, without, move, opened, searched, minutes, leaving: units }) {
    const h = concord.h;
    const row = (name, share, left, few) => h("tr", { class: few ? "mut" : null }, h("th", { scope: "row" }, name), h("td", { class: "num" }, percent(share)), left === undefined ? null : h("td", { class: "num" + (share - left > 0.0005 ? " warn" : "") }, percent(left)));
    const mark = (className, text) => h("div", { class: "map-coverage-mark" }, h("i", { class: className, "aria-hidden": "true" }), text);
    const named = (units || []).map((id) => scene.picture.units.get(id)?.callsign || id).join(", ");
    return [
      h("table", {},
        without ? h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, "now"), h("th", { scope: "col" }, "without " + named))) : null,
        h("tbody", {}, row("Land", now.area, without ? without.area : undefined),
          now.calls === null ? null : row(`Calls so far (n ${now.n})`, now.calls, without ? without.calls : undefined, now.n < FEW_CALLS),
          without ? null : row("Land, by two units", second.area))),
      mark("bare", `Nobody in ${minutes} min: ${ground(now.of - now.km2)}`),
      !without ? null : opened.length ? mark("opened", `Newly bare: ${ground(now.km2 - without.km2)}`) : h("div", { class: "mut" }, "Nothing more is left bare: others reach all of it"),
      move ? moveUp(move, without || now) : searched ? h("div", { class: "mut" }, "No move-up within the agreements restores any of it") : null,
    ];
  }

  function moveUp(move, base) {
    const h = concord.h, owner = scene.picture.agencies.get(scene.picture.units.get(move.unit)?.agency)?.short || move.unit;
    const gained = move.after.km2 - base.km2, share = move.after.calls !== null && move.after.n >= FEW_CALLS ? `, calls then ${percent(move.after.calls)}` : "";
    const go = () => scene.map.setView([move.lat, move.lon], Math.max(12, scene.map.getZoom()), { animate: !scene.calm.matches });
    return h("div", { class: "map-coverage-move" }, `Best move-up: ${move.callsign} (${owner}) to ${move.station}, ${(move.metres / 1000).toFixed(1)} km away: land then ${percent(move.after.area)} (${gained >= 0 ? "+" : "−"}${ground(Math.abs(gained))})${share} `,
      h("button", { type: "button", class: "link", on: { click: go } }, "Show"));
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
      shown = on; late = false;
      clearTimeout(overdue);
      changed();
    },
    answered: () => (waiting ? null : answer),
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onCoverage(data) { took(data); return window.dash_clientside.no_update; },
  });
})();
