/* Incidents on the map: diamonds, the row of units beside each, the box of the selected one, assignment lines.
 *
 * Knows how incidents and those at work on them are shown. Refuses to know positions' motion and the pointer.
 * Units on scene would lie within a few pixels of each other: they leave the map for a row beside their diamond.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const LINED = new Set(["dispatched", "acknowledged", "en_route", "staging"]);

  /** The incident a unit works on, or "". */
  function incidentOf(picture, unit) {
    const assignment = unit.active && picture.assignments.get(unit.active);
    return (assignment && assignment.incident) || unit.incident || "";
  }

  /** Open incidents with what is needed to draw them; most urgent last, the selected one on top. */
  function gather(picture, selected) {
    const found = new Map();
    for (const record of picture.incidents.values()) {
      if (record.status !== "Active") continue;
      found.set(record.id, {
        id: record.id, record, assigned: 0, rows: [], selected: record.id === selected,
        wx: parts.boundaries.worldX(record.lon), wy: parts.boundaries.mercator(record.lat), x: 0, y: 0,
      });
    }
    for (const assignment of picture.assignments.values()) {
      // A reserved unit is stacked on this call but works on another: nobody is on the way yet.
      const incident = !assignment.ended && assignment.status !== "reserved" && found.get(assignment.incident);
      if (incident) incident.assigned++;
    }
    return [...found.values()].sort((a, b) => a.selected - b.selected || b.record.priority - a.record.priority || (a.id < b.id ? -1 : 1));
  }

  /** Lines from those on their way; to the selected incident strong, to others faint and only near by. */
  function paintLines(g, scene) {
    const { units, view } = scene, colour = parts.sprites.colour;
    g.lineCap = "butt"; g.strokeStyle = colour("--st-enroute");
    for (let i = 0; i < units.n; i++) {
      if (units.show[i] !== 2 || !LINED.has(units.records[i].status)) continue;
      const incident = scene.byId.get(scene.incidentRow(i));
      if (!incident || (!incident.selected && view.zoom < 12)) continue;
      const x = units.sx[i], y = units.sy[i];
      if (Number.isNaN(x) || !crosses(x, y, incident.x, incident.y, view)) continue;
      g.beginPath(); g.moveTo(x, y); g.lineTo(incident.x, incident.y);
      if (incident.selected) { g.globalAlpha = 1; g.lineWidth = 2; g.setLineDash([6, 4]); }
      else { g.globalAlpha = 0.55; g.lineWidth = 1; g.setLineDash([2, 4]); }
      g.stroke();
    }
    g.setLineDash([]); g.globalAlpha = 1;
  }

  // A rough test is enough: dashing a line a thousand screens long is what must not happen.
  function crosses(x1, y1, x2, y2, view) {
    return !(Math.max(x1, x2) < 0 || Math.min(x1, x2) > view.w || Math.max(y1, y2) < 0 || Math.min(y1, y2) > view.h);
  }

  /** Diamonds, rings, rows and names. Fills `scene.hits` with what can be picked. */
  function paint(g, scene, space) {
    const { view } = scene, sprites = parts.sprites, labels = parts.labels;
    const drawn = scene.incidents.filter((incident) => incident.x > -60 && incident.y > -60 && incident.x < view.w + 60 && incident.y < view.h + 60);
    for (const incident of drawn) space.take(incident.x - 15, incident.y - 18, 34, 34);
    const selected = drawn.find((incident) => incident.selected);
    const box = selected && view.zoom >= 11 && selected.rows.length > 1 ? boxPlace(selected, drawn, view) : null;
    if (box) space.take(box.x, box.y, box.w, box.h);

    for (const incident of drawn) {
      const { record, x, y } = incident, urgent = record.priority <= 2;
      const small = view.zoom < 11 && !urgent && !incident.selected;
      const unassigned = record.phase === "unassigned";
      if (incident.selected) ring(g, x, y, 19, sprites.colour("--focus"), 2.5, []);
      if (unassigned && record.priority === 1) ring(g, x, y, incident.selected ? 23 : 18.5, sprites.colour("--alarm"), 2, [3.5, 3]);
      stamp(g, sprites.incident(record.symbol, record.priority, small), x, y);
      scene.hits.push({ kind: "incident", id: incident.id, x: x - 13, y: y - 16, w: 30, h: 30 });
    }
    // Names and rows from the most urgent down: where room is short the urgent one has it.
    for (const incident of [...drawn].reverse()) {
      const { record, x, y } = incident, urgent = record.priority <= 2;
      const name = labels.label(record.short, record.phase === "unassigned" && record.priority === 1 ? "alarm" : "incident");
      if (incident.selected && box) {
        space.take(x - name.w / 2, y + 17, name.w, name.h);
        labels.draw(g, name, x - name.w / 2, y + 17);
        continue;
      }
      const away = rowBeside(g, scene, incident, space);
      if (view.zoom < 11 && !urgent && !incident.selected) continue;
      space.place(g, name, x, y, away, incident.selected || (urgent && view.zoom >= 10), away > 20 ? 1 : 3);
    }
    if (box) paintBox(g, scene, selected, box);
    scene.drawnIncidents = drawn.length;
  }

  function ring(g, x, y, r, ink, width, dash) {
    g.beginPath(); g.arc(x, y, r, 0, 2 * Math.PI); g.strokeStyle = ink; g.lineWidth = width; g.setLineDash(dash); g.stroke(); g.setLineDash([]);
  }

  function stamp(g, made, x, y) {
    const r = parts.sprites.ratio();
    g.drawImage(made.canvas, (Math.round(x * r) - made.half) / r, (Math.round(y * r) - made.half) / r, made.size, made.size);
  }

  /* Small symbols right of the diamond; returns how far right the name must stand. */
  function rowBeside(g, scene, incident, space) {
    const { view, units } = scene, { x, y, rows } = incident;
    if (!rows.length || view.zoom < 11) return 20;
    const most = view.zoom < 12 ? 3 : 6, shown = rows.length > most ? most - 1 : rows.length;
    const width = shown * 17 + (rows.length > shown ? 24 : 0);
    if (!incident.selected && !space.free(x + 21, y - 8, width, 16)) return 20;
    space.take(x + 20, y - 9, width + 2, 18);
    for (let k = 0; k < shown; k++) {
      const cx = x + 29 + k * 17;
      small(g, scene, rows[k], cx, y);
      units.sx[rows[k]] = cx; units.sy[rows[k]] = y;
      scene.hits.push({ kind: "unit", id: units.records[rows[k]].id, x: cx - 8, y: y - 8, w: 16, h: 16 });
    }
    if (rows.length > shown) parts.labels.draw(g, parts.labels.label(`+${rows.length - shown}`, "count"), x + 20 + shown * 17, y - 9);
    return 21 + width;
  }

  function small(g, scene, row, x, y) {
    const { units } = scene, record = units.records[row], age = units.age[row] >= 2 ? "stale" : "";
    stamp(g, parts.sprites.unit(parts.sprites.shapeOf(record.discipline), record.status, 0.72, age, -1, false), x, y);
    if (scene.selection.unit === record.id) ring(g, x, y, 10.5, parts.sprites.colour("--focus"), 2, []);
  }

  const LINE = 20, COLUMN = 66, MOST = 12;

  /* Left of the diamond as a rule; right when other incidents are there or the edge is near. */
  function boxPlace(incident, drawn, view) {
    const count = Math.min(MOST, incident.rows.length), lines = Math.ceil(count / 2) + (incident.rows.length > MOST ? 1 : 0);
    const w = count > 1 ? 2 * COLUMN + 8 : COLUMN + 8, h = lines * LINE + 8;
    const spots = [incident.x - 30 - w, incident.x + 30].map((x) => ({ x, y: incident.y - h / 2, w, h }));
    const covered = (spot) =>
      drawn.filter((other) => other !== incident && other.x > spot.x - 14 && other.x < spot.x + w + 14 && other.y > spot.y - 14 && other.y < spot.y + h + 14).length +
      (spot.x < view.padX + 4 || spot.x + w > view.w - view.padX - 4 ? 3 : 0);
    return covered(spots[1]) < covered(spots[0]) ? { ...spots[1], side: 1 } : { ...spots[0], side: -1 };
  }

  function paintBox(g, scene, incident, box) {
    const colour = parts.sprites.colour, { units } = scene;
    g.strokeStyle = colour("--focus"); g.lineWidth = 1.5;
    const edge = box.side < 0 ? box.x + box.w : box.x;
    g.beginPath(); g.moveTo(edge, incident.y); g.lineTo(incident.x + box.side * 20, incident.y); g.stroke();
    g.beginPath(); g.roundRect(Math.round(box.x) + 0.5, Math.round(box.y) + 0.5, box.w, box.h, 4);
    g.fillStyle = colour("--panel"); g.fill(); g.lineWidth = 1; g.stroke();
    g.font = `600 12px ${parts.sprites.font()}`; g.textAlign = "left"; g.textBaseline = "middle";
    const lines = Math.ceil(Math.min(MOST, incident.rows.length) / 2);
    incident.rows.slice(0, MOST).forEach((row, k) => {
      const x = box.x + 14 + Math.floor(k / lines) * COLUMN, y = box.y + 4 + LINE / 2 + (k % lines) * LINE;
      small(g, scene, row, x, y);
      g.fillStyle = colour("--text"); g.fillText(units.records[row].callsign, x + 12, y + 1, COLUMN - 26);
      units.sx[row] = x; units.sy[row] = y;
      scene.hits.push({ kind: "unit", id: units.records[row].id, x: x - 9, y: y - LINE / 2, w: COLUMN - 4, h: LINE });
    });
    if (incident.rows.length > MOST) {
      g.fillStyle = colour("--muted"); g.fillText(`and ${incident.rows.length - MOST} more`, box.x + 10, box.y + 4 + LINE * (lines + 0.5));
    }
  }

  parts.incidents = { gather, incidentOf, paint, paintLines, stamp, ring };
})();
