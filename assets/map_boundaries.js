/* The drawn ground: water, land, borders and names from /geo/boundaries/LEVEL.json. No tile server is asked.
 *
 * Knows the TopoJSON of geo/features.py and from which zoom each layer is worth seeing.
 * Refuses to know who is responsible where: that is answered by the server, on the same polygons.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const SHERIFF = "urn:emergency:service:responder.sheriff";
  const POLICE = "urn:emergency:service:responder.police";
  const MANAGEMENT = "urn:emergency:service:responder.emergency_management";

  const mercator = (lat) => { const s = Math.sin((lat * Math.PI) / 180); return 0.5 - Math.log((1 + s) / (1 - s)) / (4 * Math.PI); };
  const worldX = (lon) => lon / 360 + 0.5;

  /* Paths are kept relative to the region's middle: canvas numbers are 32 bit floats, and a world coordinate
     would be metres off at street zoom. One unit = one millionth of the world's width (40 m at the equator). */
  const UNIT = 1e-6;

  class Ground {
    /** `topology` is one level of geo/features.py: TopoJSON, quantised. */
    constructor(topology) {
      const { scale, translate } = topology.transform, { objects } = topology;
      const origin = (this.origin = { x: worldX(translate[0]), y: mercator(translate[1]) });
      const degrees = ([x, y]) => [translate[0] + x * scale[0], translate[1] + y * scale[1]];
      const place = ([lon, lat]) => [(worldX(lon) - origin.x) / UNIT, (mercator(lat) - origin.y) / UNIT];
      // Each arc is decoded once, however many areas share it.
      const arcs = topology.arcs.map((arc) => {
        let x = 0, y = 0;
        return arc.map(([dx, dy]) => place(degrees([(x += dx), (y += dy)])));
      });
      const draw = (path, points, first) => { for (let k = 0; k < points.length; k++) { if (k) path.lineTo(...points[k]); else if (first) path.moveTo(...points[k]); } };
      const area = (names) => {
        const path = new Path2D();
        for (const name of names) {
          const shape = objects[name];
          const polygons = !shape || !shape.type ? [] : shape.type === "Polygon" ? [shape.arcs] : shape.arcs;
          for (const rings of polygons) for (const ring of rings) {
            ring.forEach((number, k) => draw(path, number < 0 ? [...arcs[~number]].reverse() : arcs[number], k === 0));
            path.closePath();
          }
        }
        return path;
      };
      const mesh = (numbers) => { const path = new Path2D(); for (const number of numbers) draw(path, arcs[number], true); return path; };
      const named = (start) => Object.keys(objects).filter((name) => name.startsWith(start));
      this.land = area(["land"]);
      this.context = area(["context"]);
      this.gaps = area(named("gap "));
      this.disputed = area(named("disputed "));
      this.openCount = [...named("gap "), ...named("disputed ")].reduce((n, name) => n + (objects[name].type === "MultiPolygon" ? objects[name].arcs.length : 1), 0);
      const layers = Object.values(objects).filter((object) => object.properties && object.properties.mesh).map((object) => ({ ...object.properties, areas: object.geometries.map((geometry) => geometry.properties) }));
      this.layers = grouped(layers).map((layer) => ({
        ...layer,
        path: mesh(layer.mesh),
        names: layer.areas.filter((one) => one.at).map((one) => ({ at: place(one.at), name: one.name, agency: one.agency, width: one.width / 360 })),
      }));
      const points = (name) => objects[name].geometries.map((one) => ({ at: place(degrees(one.coordinates)), ...one.properties }));
      this.places = points("places").map((one) => ({ at: one.at, name: one.name, people: one.population }));
      this.around = points("around").map((one) => ({ at: one.at, name: one.name, layer: one.layer, width: one.width / 360 }));
      this.modelled = layers.some((layer) => layer.modelled);
      this.tolerance = topology.concord.tolerance;
      this.level = topology.concord.level;
    }
  }

  /* Services with the very same borders (sheriff, EMS and emergency management of a county) are one switch. */
  function grouped(layers) {
    const found = new Map();
    for (const layer of layers) {
      const key = JSON.stringify(layer.mesh);
      const same = found.get(key);
      if (same) { same.services.push(layer.service); same.titles.push(layer.title); }
      else found.set(key, { ...layer, services: [layer.service], titles: [layer.title] });
    }
    const kept = [...found.values()].filter((layer) => layer.mesh.length); // one agency for all: no border to draw
    const title = (layer) => layer.titles.join(", ");
    return kept.map((layer) => {
      const alone = kept.filter((other) => title(other) === title(layer)).length === 1;
      const county = layer.services.includes(SHERIFF) || (layer.services.includes(MANAGEMENT) && layer.zoom <= 8);
      return {
        ...layer,
        id: layer.services[0] + "|" + layer.layer,
        county,
        caption: county ? "County lines" : alone ? title(layer) : `${title(layer)}: ${layer.layer}`,
        about: `${title(layer)}: ${layer.layer}, ${layer.count} areas, in force since ${layer.edition}${layer.modelled ? ", modelled, not official" : ""}`,
        on: county || layer.services.includes(POLICE),
      };
    });
  }

  /** Paint the ground. `view` = { scale: px per world, ox, oy: px of the canvas' corner, w, h, zoom }. */
  function paint(g, ground, view, shown, tiles) {
    const colour = parts.sprites.colour, ratio = parts.sprites.ratio();
    g.setTransform(1, 0, 0, 1, 0, 0);
    g.clearRect(0, 0, g.canvas.width, g.canvas.height);
    if (!ground) return;
    const k = view.scale * UNIT * ratio;
    g.setTransform(k, 0, 0, k, (ground.origin.x * view.scale - view.ox) * ratio, (ground.origin.y * view.scale - view.oy) * ratio);
    const px = ratio / k;
    g.lineJoin = "round"; g.lineCap = "butt";
    if (!tiles) {
      g.fillStyle = colour("--map-context"); g.fill(ground.context, "evenodd");
      g.fillStyle = colour("--land"); g.fill(ground.land, "evenodd");
    }
    g.strokeStyle = colour("--border"); g.lineWidth = px; g.stroke(ground.land);
    if (shown.open) {
      hatch(g, ground.gaps, colour("--warn"), px, view, ground);
      hatch(g, ground.disputed, colour("--focus"), px, view, ground);
    }
    for (const layer of ground.layers) {
      if (!shown[layer.id] || (!layer.county && view.zoom < layer.zoom)) continue;
      if (layer.county) {
        g.setLineDash([]); g.strokeStyle = colour("--map-label"); g.lineWidth = 4 * px; g.stroke(layer.path);
        g.setLineDash([8 * px, 3 * px, 2 * px, 3 * px]); g.strokeStyle = colour("--map-county"); g.lineWidth = 1.4 * px;
      } else {
        g.setLineDash(layer.services.includes(POLICE) ? [] : [1.5 * px, 3 * px]);
        g.strokeStyle = colour("--border"); g.lineWidth = px;
      }
      g.stroke(layer.path);
    }
    g.setLineDash([]);
    names(g, ground, view, shown, ratio);
  }

  /* Diagonal lines cut to a shape; the pattern keeps its size on screen at every zoom. */
  function hatch(g, path, ink, px, view, ground) {
    g.save(); g.clip(path, "evenodd"); g.globalAlpha = 0.5; g.strokeStyle = ink; g.lineWidth = px;
    const west = (view.ox / view.scale - ground.origin.x) / UNIT, north = (view.oy / view.scale - ground.origin.y) / UNIT;
    const w = view.w * px, h = view.h * px, step = 8 * px;
    g.beginPath();
    for (let x = Math.floor((west - h) / step) * step; x < west + w; x += step) { g.moveTo(x, north + h); g.lineTo(x + h, north); }
    g.stroke(); g.restore();
    g.save(); g.strokeStyle = ink; g.globalAlpha = 0.8; g.lineWidth = px; g.setLineDash([3 * px, 3 * px]); g.stroke(path); g.restore();
  }

  function names(g, ground, view, shown, ratio) {
    const space = new parts.labels.Space(), font = parts.sprites.font();
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.textAlign = "center"; g.textBaseline = "middle"; g.fillStyle = parts.sprites.colour("--map-fade");
    g.letterSpacing = "0.09em";
    const written = new Set(); // a town and its police area often bear one name
    const write = (at, text, size, width, slack, lower = 0) => {
      if (written.has(text)) return;
      const x = (ground.origin.x + at[0] * UNIT) * view.scale - view.ox, y = (ground.origin.y + at[1] * UNIT) * view.scale - view.oy + lower;
      if (x < -80 || y < -20 || x > view.w + 80 || y > view.h + 20) return;
      g.font = `500 ${size}px ${font}`;
      const shownText = text.toUpperCase(), w = g.measureText(shownText).width;
      if (width && w > width * view.scale * slack) return;
      if (!space.free(x - w / 2 - 14, y - 12, w + 28, 24)) return;
      space.take(x - w / 2, y - size / 2, w, size);
      g.fillText(shownText, x, y);
      written.add(text);
    };
    const county = ground.layers.find((layer) => layer.county);
    if (county && view.zoom < 10) for (const name of county.names) write(name.at, name.name, 12, name.width, 1.3);
    for (const name of ground.around) write(name.at, name.name, 11, name.width, name.layer === "land" ? 0.9 : 1);
    // A place appears when it is large enough for the zoom: 100,000 people at 9, 12,500 at 12.
    if (view.zoom >= 8) {
      const least = 100000 / 2 ** Math.max(0, view.zoom - 9);
      for (const town of ground.places) if (town.people >= least) write(town.at, town.name, view.zoom < 10 ? 11 : 12, 0, 0, view.zoom < 11 ? 22 : 0); // below its bubble
    }
    for (const layer of ground.layers) {
      // What is on by default stays quiet: its areas are named once somebody has asked for them.
      if (layer.on || !shown[layer.id] || view.zoom < layer.zoom + 1.5) continue;
      for (const name of layer.names) write(name.at, name.name, 11, name.width, 0.9);
    }
    g.letterSpacing = "0px";
  }

  parts.boundaries = { Ground, paint, mercator, worldX };
})();
