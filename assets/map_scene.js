/* The scene: the browser's picture arranged on the map's canvases, and the loop that draws it.
 *
 * Knows what is shown where and when a frame is needed. Refuses to know the pointer and the keys (map_tools.js) and
 * how a symbol looks (map_sprites.js).
 * Three canvases: ground (drawn when the view changes), small units (blitted), and above them all that is named.
 * A frame is drawn only when something on the screen has moved by half a pixel or something else has changed.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  /** What other scripts draw above the ground: { key, caption, about, on, paint(g, view, scene), count?(scene),
      attached?(scene) once there is a map, switched?(on) when somebody shows or hides it, below?(scene) an element for
      the Layers box, choose?(scene, point, reach) and tip?(scene, point, reach) for what nothing named lies on }. */
  parts.overlays = parts.overlays || [];

  const LABELS = 300;
  const FEW = 90; // so few quiet units in sight may carry their names one zoom earlier

  class Scene {
    constructor(map, group, picture) {
      this.map = map; this.picture = picture; this.group = group;
      this.units = new parts.units.Units();
      this.incidents = []; this.byId = new Map(); this.hits = []; this.gathered = [];
      this.shown = { units: true, incidents: true, lines: true, open: true, facilities: false };
      for (const overlay of parts.overlays) this.shown[overlay.key] = overlay.on;
      this.ground = null; this.late = 0; this.drawnUnits = 0; this.drawnIncidents = 0; this.cost = 0; this.frames = 0;
      this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
      this.tiles = Boolean(map.getContainer().closest(".map-panel")?.dataset.tiles);
      this.base = new parts.CanvasLayer({ paneName: "concord-ground", z: 250 });
      this.small = new parts.CanvasLayer({ paneName: "concord-units", z: 450 });
      this.top = new parts.CanvasLayer({ paneName: "concord-top", z: 460 });
      for (const layer of [this.base, this.small, this.top]) group.addLayer(layer);
      this.blitter = new parts.units.Blitter(this.small.g);
      this.small.canvas.setAttribute("aria-hidden", "true"); this.base.canvas.setAttribute("aria-hidden", "true");
      this.top.canvas.setAttribute("role", "img");
      map.on("moveend zoomend viewreset resize", this.viewChanged, this);
      map.on("move", this.dragged, this);
      this.stops = [() => { map.off("moveend zoomend viewreset resize", this.viewChanged, this); map.off("move", this.dragged, this); }];
      this.listen();
      this.reload();
      this.viewChanged();
      for (const overlay of parts.overlays) overlay.attached?.(this);
    }

    get selection() { return concord.selection || { incident: "", unit: "" }; }

    listen() {
      const p = this.picture;
      p.on("reset", () => this.reload());
      p.on("change", (change) => this.changed(change));
      p.on("positions", (ids) => this.moved(ids));
      p.on("unplaced", (ids) => this.unplaced(ids));
      p.on("selection", () => { this.regroup(); this.intoView(); this.soon(); });
      p.on("filter", () => { this.regroup(); this.soon(); });
      p.on("tick", () => this.tick());
      const theme = () => this.repaint();
      document.addEventListener("concord:theme", theme);
      const dark = window.matchMedia("(resolution: 1dppx)"); // a window dragged to another screen
      dark.addEventListener("change", theme);
      this.stops.push(() => { document.removeEventListener("concord:theme", theme); dark.removeEventListener("change", theme); });
      // The panel grows and shrinks with its neighbours, not only with the window.
      const watch = new ResizeObserver(() => { if (!this.over) this.map.invalidateSize({ animate: false }); });
      watch.observe(this.map.getContainer());
      this.stops.push(() => watch.disconnect());
      if (document.fonts) document.fonts.ready.then(() => this.repaint());
    }

    /** Everything is let go of; the scene draws no more. */
    stop() { this.over = true; this.stops.forEach((stop) => stop()); clearTimeout(this.timer); cancelAnimationFrame(this.frame); }

    repaint() {
      if (this.over) return;
      parts.sprites.refresh(); parts.labels.refresh(); this.viewChanged();
      this.map.fire("concord:repaint");
    }

    reload() {
      const now = performance.now();
      this.units.clear();
      for (const record of this.picture.units.values()) this.put(record, now);
      this.regather();
    }

    put(record, now) {
      const place = this.picture.positions.get(record.id), i = this.units.set(record, place, now);
      if (!place && this.picture.hasFix(record.id)) this.units.lose(i);
    }

    changed(change) {
      const now = performance.now();
      for (const id of change.units || []) {
        const record = this.picture.units.get(id);
        if (!record) { this.reload(); return; }
        if (this.units.index.has(id)) this.units.set(record, null, now); else this.put(record, now);
      }
      if ((change.units && change.units.size) || (change.incidents && change.incidents.size) || (change.assignments && change.assignments.size)) this.regather();
    }

    moved(ids) {
      const now = performance.now(), glide = !this.calm.matches && !document.hidden;
      for (const id of ids) {
        const i = this.units.index.get(id), place = this.picture.positions.get(id);
        if (i !== undefined && place) this.units.move(i, place, now, glide);
      }
      if (this.awaited && this.picture.positions.has(this.awaited)) this.intoView();
      this.soon();
    }

    unplaced(ids) {
      for (const id of ids) {
        const i = this.units.index.get(id);
        if (i !== undefined) this.units.lose(i);
      }
      this.soon();
    }

    tick() {
      if (this.over) return;
      this.late = this.units.agePass(concord.now ? concord.now() : Date.now() / 1000);
      this.soon();
    }

    regather() {
      this.gathered = parts.incidents.gather(this.picture, this.selection.incident);
      this.regroup();
      this.tick();
    }

    incidentRow(i) { return parts.incidents.incidentOf(this.picture, this.units.records[i]); }

    /** Who is drawn how: hidden by the filter, in a row beside an incident, committed, or quiet. */
    regroup() {
      const { units } = this, filter = concord.filter || {}, selection = this.selection;
      if (this.gathered.some((incident) => incident.selected !== (incident.id === selection.incident))) {
        this.gathered = parts.incidents.gather(this.picture, selection.incident);
      }
      this.incidents = this.shown.incidents ? this.gathered : [];
      this.byId = new Map(this.incidents.map((incident) => [incident.id, incident]));
      for (const incident of this.gathered) incident.rows = [];
      this.own = new Set();
      let visible = 0;
      for (let i = 0; i < units.n; i++) {
        const record = units.records[i], picked = record.id === selection.unit;
        const asked = filter.statuses && filter.statuses.has(record.status);
        const passes = (!filter.agencies || filter.agencies.has(record.agency)) && (!filter.statuses || asked) && (record.status !== "off_duty" || asked);
        units.show[i] = 0;
        if (!this.shown.units || (!passes && !picked)) continue;
        visible++;
        const committed = parts.sprites.COMMITTED.has(record.status);
        units.show[i] = committed ? 2 : 1;
        const incident = committed ? this.byId.get(this.incidentRow(i)) : null;
        if (incident && record.status === "on_scene") { units.show[i] = 3; incident.rows.push(i); }
        if (picked || (incident && incident.selected)) this.own.add(i);
      }
      const order = { fire: 0, ems: 1, law: 2 };
      for (const incident of this.incidents) incident.rows.sort((a, b) => rank(units.records[a], order) - rank(units.records[b], order) || (units.records[a].callsign < units.records[b].callsign ? -1 : 1));
      this.visible = visible;
      this.facilities = null;
    }

    /** The selection is brought into sight only if it is out of it: a map that jumps loses its reader. */
    intoView() {
      const at = this.selectedPlace();
      this.awaited = at ? "" : this.selection.unit;
      if (at && !this.map.getBounds().pad(-0.05).contains(at)) this.map.panTo(at, { animate: !this.calm.matches });
    }

    selectedPlace() {
      const { incident, unit } = this.selection;
      const record = incident && this.picture.incidents.get(incident);
      if (unit && this.units.index.has(unit)) return this.unitPlace(unit);
      return record ? L.latLng(record.lat, record.lon) : null;
    }

    unitPlace(id) {
      const i = this.units.index.get(id), place = this.picture.positions.get(id);
      if (i === undefined) return null;
      if (place) return L.latLng(place.lat, place.lon);
      if (this.picture.hasFix(id)) return null; // it is followed now, and its place comes
      const home = this.units.records[i].home;
      return home ? L.latLng(home[1], home[0]) : null;
    }

    viewChanged() {
      if (this.over || !this.base.canvas || !this.map.getSize().x) return;
      this.view = this.base.place(); this.small.place(); this.top.place();
      parts.boundaries.paint(this.base.g, this.ground, this.view, this.shown, this.tiles);
      for (const overlay of parts.overlays) if (this.shown[overlay.key]) overlay.paint(this.base.g, this.view, this);
      this.draw();
    }

    // Only when a drag has come to the canvas' edge is it drawn anew on the way.
    dragged() {
      if (this.map._animatingZoom || !this.view) return;
      const { x, y } = this.inset(), size = this.map.getSize();
      if (x < 0 || y < 0 || x + size.x > this.view.w || y + size.y > this.view.h) this.viewChanged();
    }

    soon() {
      if (this.over || this.frame) return;
      clearTimeout(this.timer); this.timer = 0;
      // A drawing may take half of the page's time at most; the rest belongs to lists and keys.
      const wait = this.last + Math.min(250, 2 * this.cost) - performance.now();
      if (wait > 4) this.timer = setTimeout(() => this.request(), wait); else this.request();
    }

    request() {
      if (!this.frame && !this.over) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
    }

    draw() {
      if (!this.view || !this.top.canvas || this.map._animatingZoom) return;
      const start = performance.now(), { view, units } = this, g = this.top.g, ratio = parts.sprites.ratio();
      const space = new parts.labels.Space();
      this.hits = []; this.drawnUnits = 0; this.drawnIncidents = 0; this.circles = [];
      g.setTransform(1, 0, 0, 1, 0, 0); g.clearRect(0, 0, g.canvas.width, g.canvas.height); g.setTransform(ratio, 0, 0, ratio, 0, 0);
      for (const incident of this.incidents) { incident.x = incident.wx * view.scale - view.ox; incident.y = incident.wy * view.scale - view.oy; }
      this.blitter.begin();
      const far = view.zoom < 11, speed = this.placeUnits(start, far);
      if (this.shown.facilities && view.zoom >= 11) this.paintFacilities(g);
      if (this.shown.lines) parts.incidents.paintLines(g, this);
      if (far) for (const bubble of this.circles) parts.units.paintBubble(g, bubble);
      this.paintCommitted(g, start);
      this.blitter.end();
      parts.incidents.paint(g, this, space);
      this.paintNames(g, space);
      if (this.mark) this.paintMark(g);
      this.cost = performance.now() - start; this.last = start; this.frames++;
      this.next(start, speed);
    }

    // The next frame is due when the fastest unit in sight has moved half a device pixel.
    next(now, speed) {
      clearTimeout(this.timer); this.timer = 0;
      if (now >= this.units.until || !speed || this.over) return;
      const wait = Math.max(2 * this.cost, 500 / (speed * parts.sprites.ratio()));
      if (wait <= 17) this.request(); else this.timer = setTimeout(() => this.request(), Math.min(wait, 1000));
    }

    /** Put every visible unit at its place; blit the quiet ones. Returns the greatest speed in px/s. */
    placeUnits(now, far) {
      const { units, view, blitter } = this, ratio = parts.sprites.ratio(), { scale, ox, oy, w, h, zoom } = view;
      if (far) {
        if (!this.cells || now - this.cells.at > 400 || this.cells.view !== view || this.cells.own !== this.own) {
          this.cells = { at: now, view, own: this.own, all: parts.units.bubbles(units, view, now, this.own, this.incidents) };
        }
        this.circles = [];
        this.alone = new Set(this.own);
        for (const bubble of this.cells.all) {
          if (bubble.n === 1) { this.alone.add(bubble.rows[0]); continue; }
          this.circles.push(bubble);
          this.drawnUnits += bubble.n;
        }
      }
      let fastest = 0;
      this.named = [];
      for (let i = 0; i < units.n; i++) {
        const show = units.show[i];
        if (!show || (far && !this.alone.has(i))) { if (!far) units.sx[i] = NaN; continue; }
        const x = units.x(i, now) * scale - ox, y = units.y(i, now) * scale - oy;
        units.sx[i] = x; units.sy[i] = y;
        if (!(x >= 0 && y >= 0 && x <= w && y <= h)) { units.sx[i] = NaN; continue; }
        if (units.t1[i] > now) {
          const px = (Math.hypot(units.x1[i] - units.x0[i], units.y1[i] - units.y0[i]) * scale * 1000) / (units.t1[i] - units.t0[i]);
          if (px > fastest) fastest = px;
        }
        if (show === 3 && (zoom >= 11 || !far)) { this.drawnUnits++; continue; }
        this.drawnUnits++;
        if (show === 1) blitter.put(units.sprite(i, zoom), x * ratio, y * ratio);
        this.named.push(i);
      }
      return fastest;
    }

    paintCommitted(g) {
      const { units, view } = this, focus = parts.sprites.colour("--focus"), picked = units.index.get(this.selection.unit);
      for (const i of this.named) if (units.show[i] === 2) parts.incidents.stamp(g, units.sprite(i, view.zoom), units.sx[i], units.sy[i]);
      if (picked !== undefined && units.show[picked] && units.show[picked] !== 3 && !Number.isNaN(units.sx[picked])) {
        parts.incidents.ring(g, units.sx[picked], units.sy[picked], 13, focus, 2.5, []);
      }
    }

    paintNames(g, space) {
      const { units, view } = this, now = concord.now ? concord.now() : Date.now() / 1000;
      const inside = (i) => units.sx[i] > view.padX - 40 && units.sy[i] > view.padY - 20 && units.sx[i] < view.w - view.padX + 40 && units.sy[i] < view.h - view.padY + 20;
      const seen = this.named.filter(inside);
      let left = LABELS;
      const picked = units.index.get(this.selection.unit);
      const loud = seen.filter((i) => units.show[i] === 2 && (view.zoom >= 11 || this.own.has(i)));
      loud.sort((a, b) => (b === picked) - (a === picked) || this.own.has(b) - this.own.has(a));
      for (const i of loud) space.take(units.sx[i] - 8, units.sy[i] - 8, 16, 16);
      for (const i of loud) if (left > 0 && this.name(g, space, i, now, i === picked)) left--;
      const quiet = seen.filter((i) => units.show[i] === 1);
      const late = view.zoom >= 11 ? quiet.filter((i) => units.age[i]) : [];
      const naming = view.zoom >= 14 || (view.zoom >= 13 && quiet.length <= FEW);
      if (naming || picked !== undefined) for (const i of quiet) if (naming || i === picked) space.take(units.sx[i] - 5, units.sy[i] - 5, 10, 10);
      const wanted = naming ? quiet : late;
      if (picked !== undefined && units.show[picked] === 1 && !Number.isNaN(units.sx[picked])) this.name(g, space, picked, now, true);
      for (const i of wanted) if (left > 0 && i !== picked && this.name(g, space, i, now, false)) left--;
    }

    /** A unit's callsign, with its age when the place is old, or the estimate to the selected incident. */
    name(g, space, i, now, must) {
      const { units, view } = this, record = units.records[i], age = units.ageWord(i, now);
      let text = record.callsign, style = units.show[i] === 2 || must ? "unit" : "quiet";
      if (age) { text += " · " + age; if (units.age[i] >= 2) style = units.age[i] === 3 ? "late" : style; }
      else if (record.status === "en_route") {
        const incident = this.byId.get(this.incidentRow(i));
        if (incident && incident.selected) {
          const metres = Math.hypot(incident.wx - units.x1[i], incident.wy - units.y1[i]) * parts.units.METRES * Math.cos((incident.record.lat * Math.PI) / 180);
          text += ` · ~${Math.max(1, Math.round(parts.units.straightLineSeconds(metres) / 60))} min`;
        }
      }
      const loud = units.show[i] === 2;
      // A heading tick to the side would lie under the name.
      const away = (loud ? 11 : 7) + (units.heading[i] >= 0 && view.zoom >= (loud ? 0 : 13) ? (loud ? 5 : 4) : 0);
      return space.place(g, parts.labels.label(text, style), units.sx[i], units.sy[i], away, must, units.show[i] === 2 || must ? 4 : 2);
    }

    paintFacilities(g) {
      const { units, view } = this;
      if (!this.facilities) {
        const found = new Map();
        for (const record of units.records) if (record && record.home) found.set(record.station || record.home.join(), record.home);
        this.facilities = [...found.values()].map(([lon, lat]) => [parts.boundaries.worldX(lon), parts.boundaries.mercator(lat)]);
      }
      for (const [wx, wy] of this.facilities) {
        const x = wx * view.scale - view.ox, y = wy * view.scale - view.oy;
        if (x > 0 && y > 0 && x < view.w && y < view.h) parts.incidents.stamp(g, parts.sprites.facility(), x, y);
      }
    }

    paintMark(g) {
      const x = parts.boundaries.worldX(this.mark.lng) * this.view.scale - this.view.ox, y = parts.boundaries.mercator(this.mark.lat) * this.view.scale - this.view.oy;
      const ink = parts.sprites.colour(this.mark.purpose === "report" ? "--warn" : "--text");
      parts.incidents.ring(g, x, y, 10, parts.sprites.colour("--map-label"), 5, []);
      parts.incidents.ring(g, x, y, 10, ink, 2, [3, 3]);
      g.strokeStyle = ink; g.lineWidth = 1.5;
      g.beginPath(); for (const [a, b] of [[-15, -5], [5, 15]]) { g.moveTo(x + a, y); g.lineTo(x + b, y); g.moveTo(x, y + a); g.lineTo(x, y + b); } g.stroke();
    }

    /** Canvas pixels at the container's corner; differs from the padding while the map is dragged. */
    inset() { return this.map.containerPointToLayerPoint([0, 0]).subtract(this.base.corner); }

    /** What lies at a container point, nearest first choice by kind: { kind, id } or null. */
    pick(point, reach) {
      if (!this.view) return null;
      const { units } = this, px = point.x + this.inset().x, py = point.y + this.inset().y;
      let best = null, least = Infinity;
      const offer = (kind, id, away, extra) => { if (away < least) { least = away; best = { kind, id, ...extra }; } };
      for (const hit of this.hits) {
        const away = Math.hypot(Math.max(hit.x - px, 0, px - hit.x - hit.w), Math.max(hit.y - py, 0, py - hit.y - hit.h));
        if (away <= reach / 2) offer(hit.kind, hit.id, away + (hit.kind === "incident" ? 2 : 1));
      }
      for (const i of this.named || []) {
        const away = Math.hypot(units.sx[i] - px, units.sy[i] - py);
        if (away <= reach) offer("unit", units.records[i].id, Math.max(0, away - (units.show[i] === 2 ? 6 : 3)));
      }
      for (const bubble of this.circles || []) {
        if (Math.hypot(bubble.x - px, bubble.y - py) <= parts.units.radius(bubble.n) + 2) offer("bubble", "", 8, { bubble });
      }
      return best;
    }

    /** Where a unit is drawn, in container pixels, or null when it is not. */
    at(id) {
      const i = this.units.index.get(id);
      if (i === undefined || !this.view || Number.isNaN(this.units.sx[i]) || !this.units.show[i]) return null;
      const { x, y } = this.inset();
      return { x: this.units.sx[i] - x, y: this.units.sy[i] - y };
    }

    /** Where an incident is drawn, in container pixels, or null. */
    incidentAt(id) {
      const incident = this.byId.get(id);
      if (!incident || !this.view) return null;
      const { x, y } = this.inset();
      return { x: incident.x - x, y: incident.y - y };
    }
  }

  const rank = (record, order) => (record.discipline in order ? order[record.discipline] : 3);

  parts.Scene = Scene;
})();
