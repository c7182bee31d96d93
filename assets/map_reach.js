/* The ground the selected unit reaches in 4, 8 and 12 minutes, drawn on the map's ground.
 *
 * Knows the bands of callbacks/reach.py and when they are out of date. Refuses to know how they are found.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const overlays = (parts.overlays = parts.overlays || []);

  const AGAIN_MS = 15000; // a unit on the move is asked about again after so long
  const MOVED = 150; // metres it must have moved meanwhile
  const SHADES = [0.26, 0.15, 0.08]; // the nearest band is the fullest

  let scene = null, answer = null, askedAt = 0, asked = "", timer = 0, shown = false;

  const note = () => document.getElementById("map-reach-note");
  const selected = () => (shown && concord.selection ? concord.selection.unit : "");

  function ask() {
    clearTimeout(timer); timer = 0;
    const unit = selected();
    if (!unit) return;
    askedAt = performance.now(); asked = unit;
    try {
      window.dash_clientside.set_props("reach-query", { data: { unit, t: Date.now() } });
    } catch {
      timer = setTimeout(ask, 500); // the renderer is not up yet
    }
  }

  function say(...words) {
    const box = note();
    if (!box) return;
    box.hidden = !words.length;
    box.replaceChildren(...words.map((word, k) => parts.node(k ? "span" : "b", "", word)));
  }

  function forget() {
    const had = Boolean(answer);
    answer = null; asked = ""; clearTimeout(timer); timer = 0;
    say();
    if (had && scene) scene.viewChanged();
  }

  function refresh() {
    const unit = selected();
    if (!unit) {
      forget();
      if (shown) say("Reach", "Select a unit to see what it reaches in 4, 8 and 12 minutes");
      return;
    }
    if (unit === asked) return;
    forget();
    say("Reach", "Working it out…");
    ask();
  }

  function took(data) {
    if (!data || data.unit !== selected()) return; // an answer to an earlier question
    if (data.problem) { forget(); say("Reach", data.problem); return; }
    answer = { ...data, paths: data.bands.map((band) => pathOf(band.polygons, data)) };
    const unit = scene && scene.picture.units.get(data.unit);
    const minutes = data.bands.map((band) => Math.round(band.seconds / 60)).join(" · ");
    say(`Reach of ${unit ? unit.callsign : data.unit}`, `${minutes} min`, data.method);
    if (scene) scene.viewChanged();
  }

  // Kept about the unit's own place in world coordinates of one millionth, as the ground's paths are.
  function pathOf(polygons, origin) {
    const { worldX, mercator } = parts.boundaries, path = new Path2D();
    for (const rings of polygons) for (const ring of rings) {
      ring.forEach(([lon, lat], k) => {
        const x = (worldX(lon) - worldX(origin.lon)) / 1e-6, y = (mercator(lat) - mercator(origin.lat)) / 1e-6;
        if (k) path.lineTo(x, y); else path.moveTo(x, y);
      });
      path.closePath();
    }
    return path;
  }

  function paint(g, view) {
    if (!answer) return;
    const ratio = parts.sprites.ratio(), k = view.scale * 1e-6 * ratio, { worldX, mercator } = parts.boundaries;
    g.save();
    g.setTransform(k, 0, 0, k, (worldX(answer.lon) * view.scale - view.ox) * ratio, (mercator(answer.lat) * view.scale - view.oy) * ratio);
    g.fillStyle = g.strokeStyle = parts.sprites.colour("--focus");
    [...answer.paths].reverse().forEach((path, n) => {
      g.globalAlpha = SHADES[answer.paths.length - 1 - n] ?? 0.08; g.fill(path, "evenodd");
      g.globalAlpha = 0.9; g.lineWidth = (1.5 * ratio) / k; g.stroke(path);
    });
    g.restore();
    names(g, view, ratio);
  }

  /** Minutes at the northern tip of each band, so that shades need not be told apart. */
  function names(g, view, ratio) {
    const { worldX, mercator } = parts.boundaries;
    g.save();
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    for (const band of answer.bands) {
      let tip = null;
      for (const rings of band.polygons) for (const point of rings[0]) if (!tip || point[1] > tip[1]) tip = point;
      if (!tip) continue;
      const made = parts.labels.label(`${Math.round(band.seconds / 60)} min`, "unit");
      const x = worldX(tip[0]) * view.scale - view.ox - made.w / 2, y = mercator(tip[1]) * view.scale - view.oy - made.h / 2;
      g.drawImage(made.canvas, x, y, made.w, made.h);
    }
    g.restore();
  }

  function moved(ids) {
    const unit = selected();
    if (!unit || !answer || timer || !ids.includes(unit)) return;
    const place = scene.picture.positions.get(unit);
    if (!place) return;
    const away = L.latLng(place.lat, place.lon).distanceTo([answer.lat, answer.lon]);
    if (away > MOVED) timer = setTimeout(ask, Math.max(50, askedAt + AGAIN_MS - performance.now()));
  }

  overlays.push({
    key: "reach", caption: "Reach of the unit", on: false,
    about: "What the selected unit reaches in 4, 8 and 12 minutes",
    paint,
    attached(made) {
      scene = made;
      scene.picture.on("selection", refresh);
      scene.picture.on("positions", (ids) => moved([...ids]));
      scene.picture.on("closures", () => { if (selected()) ask(); });
    },
    switched(on) { shown = on; refresh(); },
    answered: () => answer,
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onReach(data) {
      took(data);
      return window.dash_clientside.no_update;
    },
  });
})();
