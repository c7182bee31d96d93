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
    answer = { ...data, shapes: data.bands.map((band) => new parts.Shape(band.polygons)) };
    const unit = scene && scene.picture.units.get(data.unit);
    const minutes = data.bands.map((band) => Math.round(band.seconds / 60)).join(" · ");
    say(`Reach of ${unit ? unit.callsign : data.unit}`, `${minutes} min`, data.method);
    if (scene) scene.viewChanged();
  }

  function paint(g, view) {
    if (!answer) return;
    const ink = parts.sprites.colour("--focus");
    for (const shape of [...answer.shapes].reverse()) shape.paint(g, view, { fill: ink, line: ink });
    names(g, view, parts.sprites.ratio());
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
