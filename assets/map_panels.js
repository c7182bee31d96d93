/* The small panels on the map: layers, legend, "positions as of", the spoken summary, a fault of the ground.
 *
 * Knows what the scene shows and counts. Refuses to know the pointer (map_tools.js) and how symbols are painted.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const LOW = 620; // px: a map lower than this starts with folded panels
  const SPOKEN_EVERY = 10000; // ms between updates of the map's spoken summary

  const node = (...args) => parts.node(...args);
  const byId = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en-US");
  const clockTime = (seconds) => (concord.clockTime ? concord.clockTime(seconds) : new Date(seconds * 1000).toLocaleTimeString("en-GB"));

  function check(scene, list, key, caption, count, about) {
    const row = node("label", "map-check"), input = node("input");
    if (about) row.title = about;
    input.type = "checkbox"; input.checked = Boolean(scene.shown[key]); input.dataset.layer = key;
    input.addEventListener("change", () => {
      scene.shown[key] = input.checked;
      parts.overlays.find((overlay) => overlay.key === key)?.switched?.(input.checked);
      if (key === "units" || key === "incidents") scene.regroup();
      scene.viewChanged(); counts(scene);
    });
    row.append(input, node("span", "map-check-name", caption), node("span", "map-check-count", count || ""));
    list.append(row);
  }

  function layers(scene) {
    const list = byId("map-layers-list");
    if (!list) return;
    list.replaceChildren();
    for (const [key, caption] of [["units", "Units"], ["incidents", "Incidents"], ["lines", "Assignment lines"], ["facilities", "Stations"]]) check(scene, list, key, caption);
    for (const overlay of parts.overlays) {
      if (overlay.hidden) continue;
      check(scene, list, overlay.key, overlay.caption, "", overlay.about);
      if (overlay.below) list.append(overlay.below(scene)); // what belongs under its switch
    }
    const { ground } = scene;
    if (ground) {
      const more = node("details", "map-more"), inner = node("div");
      more.append(node("summary", "", "Boundaries"), inner);
      // On a low map an unfolded list would hide what it switches.
      more.open = scene.map.getContainer().clientHeight >= LOW;
      for (const layer of ground.layers) check(scene, inner, layer.id, layer.caption, (layer.edition || "").slice(0, 4), layer.about);
      if (ground.openCount) check(scene, inner, "open", "Gaps, disputed", String(ground.openCount), "Land without a fire or EMS agency on file, or claimed by several");
      list.append(more);
    }
    counts(scene);
  }

  function counts(scene) {
    const assigned = [...scene.picture.assignments.values()].filter((assignment) => !assignment.ended && assignment.status !== "reserved").length;
    const values = { units: scene.visible, incidents: scene.gathered.length, lines: assigned };
    for (const overlay of parts.overlays) if (overlay.count) values[overlay.key] = overlay.count(scene);
    for (const [key, value] of Object.entries(values)) {
      const input = document.querySelector(`#map-layers-list input[data-layer="${key}"]`);
      if (input) input.parentNode.lastChild.textContent = number(value || 0);
    }
  }

  const STATUS_LEGEND = [["available", "Available"], ["dispatched", "Dispatched"], ["en_route", "En route"], ["on_scene", "On scene"], ["staging", "Staging"], ["transporting", "Transport"], ["out_of_service", "Out of service"]];
  const SHAPE_LEGEND = [["fire", "Fire"], ["ems", "EMS"], ["law", "Law"], ["hull", "Coast guard"], ["pill", "Utility, works"], ["sar", "SAR"], ["other", "Other"]];

  /** The legend shows the very pictures the map draws. */
  function legend(scene) {
    const box = byId("map-legend-list");
    if (!box) return;
    const { sprites } = parts;
    const item = (made, caption) => {
      const row = node("span", "map-legend-item"), icon = node("canvas");
      icon.width = icon.height = made.device; icon.style.width = icon.style.height = made.size + "px";
      icon.getContext("2d").drawImage(made.canvas, 0, 0);
      const frame = node("span", "map-legend-icon"); frame.append(icon); frame.setAttribute("aria-hidden", "true");
      row.append(frame, node("span", "", caption));
      return row;
    };
    const first = node("div", "map-legend-grid"), second = node("div", "map-legend-grid"), third = node("div", "map-legend-lines");
    first.append(...STATUS_LEGEND.map(([status, caption]) => item(sprites.unit("fire", status, 0.72, "", -1, true), caption)), item(sprites.unit("fire", "available", 0.82, "stale", -1, true), "Stale > 2 min"));
    second.append(...SHAPE_LEGEND.map(([shape, caption]) => item(sprites.shapeIcon(shape), caption)));
    const line = (className, caption) => { const row = node("span", "map-legend-item"); row.append(node("i", className), node("span", "", caption)); return row; };
    third.append(line("map-legend-dash", "On the way to the selected"), line("map-legend-ring", "P1 without a unit"),
      line("map-legend-closed", "Street closed"), line("map-legend-closed passable", "Closed, passable slowly"));
    if (scene.ground && scene.ground.openCount) third.append(line("map-legend-gap", "No agency on file, or disputed"));
    box.replaceChildren(first, second, third);
  }

  function asOf(scene) {
    const chip = byId("map-asof");
    if (!chip) return;
    let newest = 0;
    for (let i = 0; i < scene.units.n; i++) if (scene.units.at[i] > newest) newest = scene.units.at[i];
    const state = (concord.link && concord.link.state) || "fresh";
    chip.dataset.link = state;
    const time = newest ? `${state === "lost" ? "AS OF" : "Positions as of"} ${clockTime(concord.boardTime ? concord.boardTime(newest) : newest)}` : "No positions yet";
    const rest = `${number(scene.visible || 0)} units${scene.late ? ` · ${number(scene.late)} stale` : ""}`;
    const [, head, tail] = chip.children.length === 3 ? chip.children : (chip.replaceChildren(node("i", "map-dot"), node("b"), node("span")), chip.children);
    if (head.textContent !== time) head.textContent = time;
    if (tail.textContent !== rest) tail.textContent = rest;
  }

  function spoken(scene) {
    const now = performance.now();
    if (scene.spokenAt && now - scene.spokenAt < SPOKEN_EVERY) return;
    scene.spokenAt = now;
    const urgent = scene.gathered.filter((incident) => incident.record.priority === 1).length;
    const waiting = scene.gathered.filter((incident) => !incident.assigned).length;
    scene.top.canvas.setAttribute("aria-label",
      `Map with ${number(scene.visible || 0)} units, ${scene.late} of them stale, and ${scene.gathered.length} open incidents, ${urgent} of priority 1, ${waiting} with nobody assigned`);
  }

  function start(scene) {
    layers(scene); legend(scene);
    const tick = () => { if (!scene.over) { asOf(scene); spoken(scene); counts(scene); } };
    for (const kind of ["tick", "link", "filter", "reset", "closures"]) scene.picture.on(kind, tick);
    tick();
    scene.map.on("concord:repaint", () => legend(scene));
    // On a low map the legend would cover what it explains.
    const height = scene.map.getContainer().clientHeight;
    if (height < LOW) byId("map-legend")?.removeAttribute("open");
    if (height < 420) byId("map-layers")?.removeAttribute("open");
  }

  function groundReady(scene) {
    for (const layer of scene.ground.layers) if (!(layer.id in scene.shown)) scene.shown[layer.id] = layer.on;
    const note = byId("map-ground-note");
    if (note) note.hidden = true;
    // Another level of the same borders changes nothing here: whoever is in the list keeps the place.
    const told = scene.ground.layers.map((layer) => layer.id + layer.about).join() + scene.ground.openCount;
    if (told === scene.groundTold) return;
    scene.groundTold = told;
    layers(scene); legend(scene);
  }

  function groundFailed(scene, error) {
    const note = byId("map-ground-note");
    if (!note) return;
    const retry = node("button", "map-retry", "Try again");
    retry.type = "button";
    retry.addEventListener("click", () => location.reload());
    note.replaceChildren(node("span", "", `Boundaries could not be loaded (${error.message}). Units and incidents are shown.`), retry);
    note.hidden = false;
  }

  parts.panels = { start, groundReady, groundFailed };
})();
