/* Closed streets on the map's ground: barrier tape along lines, hatching in areas, a "no entry" sign, words.
 *
 * Knows how closures look, what lies under a point, and their list in the Layers box. Refuses to know how they are
 * drawn by hand (map_closing.js) and what a reader may do with one (map_closure_panel.js).
 * Amber against black differs in lightness, not only in hue; passable ones are dashed and their sign is hollow.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const overlays = (parts.overlays = parts.overlays || []);

  const NAMED_FROM = 13; // zoom
  const SIGN = 9, SIGN_FAR = 6, FAR_BELOW = 11; // radius in px
  const LONGEST = 44; // letters of a reason on the map
  const HIDDEN = 26; // px from an incident's diamond that a sign is hidden by it

  let scene = null, shapes = [], moving = "", list = null;

  const colour = (name) => parts.sprites.colour(name);

  /** `until 14:32`, with the day where it is not today, or `until reopened`. */
  function untilWords(closure) {
    if (!closure.until) return "until reopened";
    const day = (at) => Math.floor((at + concord.zoneShift(at)) / 86400);
    const days = day(closure.until) - day(concord.boardNow());
    return `until ${days === 1 ? "tomorrow " : ""}${concord.clockTime(closure.until, true)}${days > 1 ? ` in ${days} days` : ""}`;
  }

  function regather() {
    const { worldX, mercator } = parts.boundaries;
    shapes = concord.picture.standingClosures().map((closure) => {
      const world = closure.points.map(([lon, lat]) => [worldX(lon), mercator(lat)]);
      const xs = world.map((p) => p[0]), ys = world.map((p) => p[1]);
      return { closure, world, area: closure.shape === "area", box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)] };
    });
    if (list) fillList(list);
  }

  // ---- drawing ----------------------------------------------------------------------------------------------

  function placed(shape, view) {
    const [x0, y0, x1, y1] = shape.box, { scale, ox, oy, w, h } = view;
    if (x1 * scale - ox < -60 || y1 * scale - oy < -60 || x0 * scale - ox > w + 60 || y0 * scale - oy > h + 60) return null;
    return shape.world.map(([wx, wy]) => [wx * scale - ox, wy * scale - oy]);
  }

  const incidentsIn = (made, { scale, ox, oy }) => made.incidents.map((incident) => [incident.wx * scale - ox, incident.wy * scale - oy]);

  function trace(g, points, closed) {
    g.beginPath();
    points.forEach(([x, y], k) => (k ? g.lineTo(x, y) : g.moveTo(x, y)));
    if (closed) g.closePath();
  }

  /** Barrier tape: a dark casing, amber on it, black bars across; passable: short pieces of it with gaps. */
  function tape(g, points, closed, passable) {
    trace(g, points, closed);
    g.lineJoin = "round"; g.lineCap = "butt";
    const strokes = passable
      ? [["--map-closure-ink", 8, [14, 7]], ["--map-closure", 4, [0, 2, 10, 9]]]
      : [["--map-closure-ink", 10, []], ["--map-closure", 6, []], ["--map-closure-ink", 6, [5, 9]]];
    for (const [token, width, dash] of strokes) {
      g.strokeStyle = colour(token); g.lineWidth = width; g.setLineDash(dash); g.stroke();
    }
    g.setLineDash([]);
  }

  const hatches = new Map();
  function hatch(g, passable) {
    const amber = colour("--map-closure"), key = `${amber}|${passable}`;
    if (!hatches.has(key)) {
      const side = passable ? 16 : 10, cell = document.createElement("canvas"), c = cell.getContext("2d");
      cell.width = cell.height = side;
      c.strokeStyle = amber; c.lineWidth = passable ? 1 : 2.5;
      c.beginPath(); for (const k of [-1, 0, 1]) { c.moveTo(k * side - 2, side + 2); c.lineTo((k + 1) * side + 2, -2); } c.stroke();
      hatches.set(key, g.createPattern(cell, "repeat"));
    }
    return hatches.get(key);
  }

  /** A place that share of the way along a line. */
  function along(points, share) {
    const steps = points.slice(1).map((p, k) => Math.hypot(p[0] - points[k][0], p[1] - points[k][1]));
    let left = steps.reduce((sum, step) => sum + step, 0) * share, k = 0;
    while (k < steps.length - 1 && left > steps[k]) left -= steps[k++];
    const part = steps[k] ? Math.min(1, left / steps[k]) : 0;
    return [0, 1].map((axis) => points[k][axis] + part * (points[k + 1][axis] - points[k][axis]));
  }

  /** The sign's place: the middle of an area's corners, half way along a line, or where no incident hides it. */
  function signPlace(points, area, incidents) {
    if (area) return [0, 1].map((axis) => points.reduce((sum, p) => sum + p[axis], 0) / points.length);
    const places = [0.5, 0.25, 0.75].map((share) => along(points, share));
    return places.find(([x, y]) => !incidents.some(([ix, iy]) => Math.hypot(ix - x, iy - y) < HIDDEN)) || places[0];
  }

  function sign(g, [x, y], radius, passable) {
    const ink = colour("--map-closure-ink"), amber = colour("--map-closure");
    g.beginPath(); g.arc(x, y, radius + 2.5, 0, 2 * Math.PI); g.fillStyle = amber; g.fill();
    g.beginPath(); g.arc(x, y, radius + 0.5, 0, 2 * Math.PI); g.fillStyle = passable ? amber : ink; g.fill();
    g.strokeStyle = ink; g.lineWidth = 1.5; g.beginPath(); g.arc(x, y, radius + 3, 0, 2 * Math.PI); g.stroke();
    g.fillStyle = passable ? ink : "#FFFFFF";
    g.fillRect(x - radius * 0.62, y - radius * 0.2, radius * 1.24, radius * 0.4);
  }

  const wordsOf = (closure) => {
    const reason = closure.reason.length > LONGEST ? closure.reason.slice(0, LONGEST - 1) + "…" : closure.reason;
    return `${reason} · ${untilWords(closure)}${closure.passable ? " · passable" : ""}`;
  };

  function paint(g, view, made) {
    const ratio = parts.sprites.ratio(), space = new parts.labels.Space(), open = parts.closurePanel?.shown();
    const incidents = incidentsIn(made, view);
    // Incidents are drawn above: words under them would be words lost.
    for (const [x, y] of incidents) space.take(x - 20, y - 20, 70, 40);
    g.save();
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    const inSight = shapes.map((shape) => [shape, placed(shape, view)]).filter(([, points]) => points);
    for (const [{ closure, area }, points] of inSight) {
      g.globalAlpha = closure.id === moving ? 0.35 : 1;
      if (area) {
        trace(g, points, true);
        g.globalAlpha *= 0.18; g.fillStyle = colour("--map-closure"); g.fill();
        g.globalAlpha = closure.id === moving ? 0.2 : 0.8; g.fillStyle = hatch(g, closure.passable); g.fill();
        g.globalAlpha = closure.id === moving ? 0.35 : 1;
      }
      if (closure.id === open) { trace(g, points, area); g.strokeStyle = colour("--focus"); g.lineWidth = 15; g.lineJoin = g.lineCap = "round"; g.stroke(); }
      tape(g, points, area, closure.passable);
    }
    g.globalAlpha = 1;
    for (const [{ closure, area }, points] of inSight) {
      const at = signPlace(points, area, incidents), radius = view.zoom < FAR_BELOW ? SIGN_FAR : SIGN;
      sign(g, at, radius, closure.passable);
      space.take(at[0] - radius, at[1] - radius, 2 * radius, 2 * radius);
      if (view.zoom >= NAMED_FROM || closure.id === open) {
        space.place(g, parts.labels.label(wordsOf(closure), "unit"), at[0], at[1], radius + 5, closure.id === open, 4);
      }
    }
    g.restore();
  }

  // ---- what lies under a point ------------------------------------------------------------------------------

  function find(made, point, reach) {
    if (!made.view) return "";
    const inset = made.inset(), x = point.x + inset.x, y = point.y + inset.y;
    const incidents = incidentsIn(made, made.view);
    let best = "", least = reach + 4; // tape is ten pixels wide
    for (const shape of shapes) {
      const points = placed(shape, made.view);
      if (!points) continue;
      const at = signPlace(points, shape.area, incidents);
      const away = Math.min(Math.hypot(at[0] - x, at[1] - y) - SIGN, shape.area && inside(points, x, y) ? reach : Infinity, toLine(points, shape.area, x, y));
      if (away <= least) { least = away; best = shape.closure.id; }
    }
    return best;
  }

  function toLine(points, closed, x, y) {
    let least = Infinity;
    const ends = closed ? [...points, points[0]] : points;
    for (let k = 1; k < ends.length; k++) {
      const [ax, ay] = ends[k - 1], dx = ends[k][0] - ax, dy = ends[k][1] - ay;
      const share = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      least = Math.min(least, Math.hypot(ax + share * dx - x, ay + share * dy - y));
    }
    return least;
  }

  function inside(points, x, y) {
    let within = false;
    for (let k = 0, j = points.length - 1; k < points.length; j = k++) {
      const [ax, ay] = points[k], [bx, by] = points[j];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
    }
    return within;
  }

  // ---- the list in the Layers box ---------------------------------------------------------------------------

  function below() {
    const caption = parts.node("summary", ""), entries = parts.node("ul", "map-closure-list");
    list = parts.node("details", "map-more map-closures");
    list.append(caption, entries);
    fillList(list);
    return list;
  }

  function fillList(box) {
    const [caption, entries] = box.children;
    concord.setText(caption, `Closed streets (${shapes.length})`);
    concord.keyed(
      entries, shapes.map((shape) => shape.closure), (closure) => closure.id,
      (closure) => {
        const button = parts.node("button", "map-closure-entry");
        button.type = "button";
        button.append(parts.node("b"), parts.node("span"));
        button.addEventListener("click", () => parts.closurePanel.open(closure.id, true));
        const row = parts.node("li");
        row.append(button);
        return row;
      },
      (row, closure) => {
        const [reason, until] = row.firstChild.children;
        concord.setText(reason, `${closure.id} ${closure.reason}`);
        concord.setText(until, untilWords(closure));
      },
    );
    if (!shapes.length) entries.append(parts.node("li", "mut", "No street is closed"));
  }

  const changed = () => { regather(); if (scene && !scene.over) scene.viewChanged(); };

  overlays.push({
    key: "closures", caption: "Closures", on: true,
    about: "Streets nobody, or only emergency vehicles, can drive through",
    paint, below,
    count: () => shapes.length,
    attached(made) {
      const first = !scene;
      scene = made;
      if (first) concord.picture.on("closures", changed);
      changed();
    },
    choose(made, point, reach) {
      const id = find(made, point, reach);
      if (id) parts.closurePanel.open(id, false);
      return Boolean(id);
    },
    tip(made, point, reach) {
      const closure = concord.picture.closures.get(find(made, point, reach));
      if (!closure) return null;
      const by = concord.picture.agencies.get(closure.agency)?.name || closure.agency;
      return [`Closed: ${closure.reason}`, `${untilWords(closure)[0].toUpperCase()}${untilWords(closure).slice(1)} · ${by}`,
        closure.passable ? "Emergency vehicles may pass, slowly" : "Nobody can drive through", "Click for more"];
    },
  });

  parts.closures = {
    untilWords,
    /** The closure whose points are being moved is drawn faintly; "" for none. */
    setMoving(id) { moving = id; if (scene) scene.viewChanged(); },
    repaint: () => scene && !scene.over && scene.viewChanged(),
    /** Bring a closure into sight: near enough to be read when `closely`, and never under its own panel. */
    show(id, closely) {
      const closure = concord.picture.closures.get(id);
      if (!closure || !scene) return;
      const { map } = scene, animate = !scene.calm.matches;
      const bounds = L.latLngBounds(closure.points.map(([lon, lat]) => [lat, lon]));
      if (closely && (!map.getBounds().pad(-0.1).contains(bounds) || map.getZoom() < NAMED_FROM)) {
        map.fitBounds(bounds.pad(0.5), { maxZoom: 15, animate: false });
      }
      const panel = document.getElementById("map-closure").getBoundingClientRect(), box = map.getContainer().getBoundingClientRect();
      const at = L.bounds([bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.latLngToContainerPoint(corner)));
      const edge = panel.right - box.left + 24, wide = at.max.x - at.min.x;
      const under = at.min.x < edge && at.max.x > panel.left - box.left && at.min.y < panel.bottom - box.top && at.max.y > panel.top - box.top;
      if (under && edge + wide < box.width) map.panBy([at.min.x - edge, 0], { animate });
    },
  };
})();
