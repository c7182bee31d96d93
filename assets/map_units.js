/* Units on the map: where each one is at this instant, how old that is, and how it is drawn.
 *
 * Knows places, motion between two fixes, ages, bubbles. Refuses to know incidents' symbols and the map library.
 * Numbers live in typed arrays: ten thousand units are walked many times a second.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const STALE_LABEL = 30, STALE = 120, LOST = 600; // seconds
  const PARKED = 150; // metres from its station within which an available unit need not report
  const MOVING = 5 / 3.6; // m/s above which a heading is shown
  const JUMP = 3000; // metres: farther apart, two fixes are not joined by a glide
  const METRES = 40075016.7;

  class Units {
    constructor() { this.capacity = 0; this.clear(); this.grow(1024); }

    clear() { this.n = 0; this.index = new Map(); this.records = []; this.until = 0; this.made = []; this.codes = []; }

    grow(capacity) {
      const more = (Type, old) => { const made = new Type(capacity); if (old) made.set(old); return made; };
      this.x0 = more(Float64Array, this.x0); this.y0 = more(Float64Array, this.y0); // world, 0..1
      this.x1 = more(Float64Array, this.x1); this.y1 = more(Float64Array, this.y1);
      this.t0 = more(Float64Array, this.t0); this.t1 = more(Float64Array, this.t1); // ms of performance.now()
      this.at = more(Float64Array, this.at); // board time of the fix
      this.heading = more(Int8Array, this.heading); // sixteenth of the circle, -1 = standing
      this.age = more(Uint8Array, this.age); // 0 fresh, 1 age shown, 2 stale, 3 lost
      this.show = more(Uint8Array, this.show); // 0 hidden, 1 quiet, 2 committed, 3 in a row beside its incident
      this.sx = more(Float32Array, this.sx); this.sy = more(Float32Array, this.sy); // last drawn, canvas px
      this.capacity = capacity;
    }

    /** Put a record (and, if the picture has one, its place) in. Returns its row. */
    set(record, place, now) {
      let i = this.index.get(record.id);
      if (i === undefined) {
        i = this.n++;
        if (i >= this.capacity) this.grow(this.capacity * 2);
        this.index.set(record.id, i);
        this.at[i] = 0; this.heading[i] = -1;
        const home = record.home || [0, 0];
        const x = parts.boundaries.worldX(home[0]), y = parts.boundaries.mercator(home[1]);
        this.x0[i] = this.x1[i] = x; this.y0[i] = this.y1[i] = y; this.t0[i] = this.t1[i] = now;
      }
      this.records[i] = record; this.codes[i] = -1;
      if (place) this.move(i, place, now, false);
      return i;
    }

    /** A new fix: glide to it from where the unit is drawn now, in about the time since the last one. */
    move(i, place, now, glide) {
      if (place.at < this.at[i]) return;
      const x = parts.boundaries.worldX(place.lon), y = parts.boundaries.mercator(place.lat);
      const span = this.t1[i] > this.t0[i] ? now - this.t0[i] : 1000;
      const fromX = this.x(i, now), fromY = this.y(i, now);
      const far = Math.hypot(x - fromX, y - fromY) * METRES > JUMP;
      const still = !glide || far || !this.at[i];
      this.x0[i] = still ? x : fromX; this.y0[i] = still ? y : fromY;
      this.x1[i] = x; this.y1[i] = y;
      this.t0[i] = now; this.t1[i] = still ? now : now + Math.min(2000, Math.max(250, span));
      if (this.t1[i] > this.until) this.until = this.t1[i];
      this.at[i] = place.at;
      this.heading[i] = place.heading >= 0 && place.speed > MOVING ? Math.round(place.heading / 22.5) % 16 : -1;
    }

    /** The unit has a place this page is not told of: it is not drawn until it is. */
    lose(i) { this.x0[i] = this.x1[i] = this.y0[i] = this.y1[i] = NaN; this.at[i] = 0; this.heading[i] = -1; }
    unseen(i) { return Number.isNaN(this.x1[i]); }

    x(i, now) { const k = (now - this.t0[i]) / (this.t1[i] - this.t0[i] || 1); return k >= 1 || k < 0 ? this.x1[i] : this.x0[i] + (this.x1[i] - this.x0[i]) * k; }
    y(i, now) { const k = (now - this.t0[i]) / (this.t1[i] - this.t0[i] || 1); return k >= 1 || k < 0 ? this.y1[i] : this.y0[i] + (this.y1[i] - this.y0[i]) * k; }

    /** Seconds since the unit said where it is; `now` is server time, as fixes are. */
    seconds(i, now) { return this.at[i] ? Math.max(0, now - this.at[i]) : Infinity; }

    /** Ages of all units; returns how many are stale or lost. One rule for every drawing. */
    agePass(now) {
      let late = 0;
      for (let i = 0; i < this.n; i++) {
        if (this.unseen(i)) { this.age[i] = 0; continue; }
        const s = this.seconds(i, now);
        let age = s > LOST ? 3 : s > STALE ? 2 : s > STALE_LABEL ? 1 : 0;
        if (age && this.parked(i)) age = 0;
        this.age[i] = age;
        if (age >= 2 && this.show[i]) late++;
      }
      return late;
    }

    parked(i) {
      const { status, home } = this.records[i];
      if ((status !== "available" && status !== "out_of_service" && status !== "off_duty") || !home) return false;
      const dx = this.x1[i] - parts.boundaries.worldX(home[0]), dy = this.y1[i] - parts.boundaries.mercator(home[1]);
      return Math.hypot(dx, dy) * METRES * Math.cos((home[1] * Math.PI) / 180) <= PARKED;
    }

    ageWord(i, now) {
      const age = this.age[i];
      if (!age) return "";
      if (!this.at[i]) return "no fix"; // it never said where it is: drawn, pale, where it is based
      if (age === 3) return "LOST";
      const s = Math.floor(this.seconds(i, now));
      return s < 60 ? `${s} s` : `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
    }

    /** The unit's symbol at a zoom; looked up again only when something about it has changed. */
    sprite(i, zoom) {
      const band = zoom < 13 ? 0 : 1, code = ((this.show[i] * 4 + this.age[i]) * 2 + band) * 32 + this.heading[i] + 1;
      if (this.codes[i] === code && this.made[i].era === parts.sprites.era()) return this.made[i];
      this.codes[i] = code;
      return (this.made[i] = this.look(i, band));
    }

    look(i, band) {
      const { status, discipline } = this.records[i], shape = parts.sprites.shapeOf(discipline);
      const age = this.age[i] === 3 ? "lost" : this.age[i] === 2 ? "stale" : "";
      if (this.show[i] === 2) return parts.sprites.unit(shape, status, 0.9, age, this.heading[i], false);
      if (!band) return parts.sprites.unit(shape, status, age ? 0.55 : 0.42, age, -1, true);
      return parts.sprites.unit(shape, status, age ? 0.82 : 0.62, age, this.heading[i], true);
    }
  }

  /* Blitting: symbols are copied into one pixel buffer and put on the canvas in one call, several times faster
     than as many drawImage calls where there is no graphics card. */
  class Blitter {
    constructor(context) { this.g = context; this.image = null; }
    begin() {
      const { width, height } = this.g.canvas;
      if (!this.image || this.image.width !== width || this.image.height !== height) {
        this.image = this.g.createImageData(width, height);
        this.buffer = new Uint32Array(this.image.data.buffer);
      } else if (this.dirty) this.buffer.fill(0);
      this.dirty = false;
    }
    put(made, x, y) {
      const W = this.image.width, H = this.image.height, n = made.device, pixels = made.pixels || parts.sprites.pixels(made);
      const left = Math.round(x - made.half), top = Math.round(y - made.half);
      if (left < 0 || top < 0 || left > W - n || top > H - n) return false;
      const buffer = this.buffer;
      for (let j = 0, r = 0, q = top * W + left; j < n; j++, q += W - n) for (let k = 0; k < n; k++, r++, q++) {
        const v = pixels[r], a = v >>> 24;
        // Edge pixels keep their softness on empty ground; on another symbol the stronger one wins.
        if (a > 127) buffer[q] = buffer[q] ? (v | 0xff000000) : v; else if (a && !buffer[q]) buffer[q] = v;
      }
      this.dirty = true;
      return true;
    }
    end() { if (this.dirty || this.shown) this.g.putImageData(this.image, 0, 0); this.shown = this.dirty; }
  }

  const CELL = 76; // px of the grid that gathers units into bubbles
  const RING = [["--st-available"], ["--st-dispatched"], ["--st-enroute"], ["--st-onscene"], ["--st-transport"], ["--st-out"]].flat();
  const RING_OF = { available: 0, dispatched: 1, acknowledged: 1, en_route: 2, staging: 3, on_scene: 3, transporting: 4, at_destination: 4, out_of_service: 5, off_duty: 5 };

  /** Gather units into bubbles: [{x, y, n, ring: [count per status], rows}]. `skip` rows are drawn on their own, `incidents` are kept clear. */
  function bubbles(units, view, now, skip, incidents) {
    const cells = new Map();
    for (let i = 0; i < units.n; i++) {
      units.sx[i] = NaN;
      if (!units.show[i] || skip.has(i)) continue;
      const X = units.x(i, now) * view.scale, Y = units.y(i, now) * view.scale;
      const x = X - view.ox, y = Y - view.oy;
      if (!(x >= -40 && y >= -40 && x <= view.w + 40 && y <= view.h + 40)) continue; // NaN is nowhere
      const key = Math.floor(X / CELL) + ":" + Math.floor(Y / CELL);
      let cell = cells.get(key);
      if (!cell) cells.set(key, (cell = { x: 0, y: 0, n: 0, ring: [0, 0, 0, 0, 0, 0], rows: [] }));
      cell.x += x; cell.y += y; cell.n++; cell.ring[RING_OF[units.records[i].status] || 0]++; cell.rows.push(i);
    }
    const all = [...cells.values()].sort((a, b) => b.n - a.n);
    const kept = [];
    for (const cell of all) {
      cell.x /= cell.n; cell.y /= cell.n;
      const near = kept.find((other) => Math.hypot(other.x - cell.x, other.y - cell.y) < radius(other.n) + radius(cell.n) + 3);
      if (near) {
        near.ring = near.ring.map((n, k) => n + cell.ring[k]); near.n += cell.n; near.rows.push(...cell.rows);
      } else kept.push(cell);
    }
    return clear(kept, incidents);
  }

  /** Move bubbles off incidents' diamonds: a bubble stands for an area anyway, a diamond for a place. */
  function clear(all, incidents) {
    for (const bubble of all) {
      const r = radius(bubble.n) + 13;
      for (let pass = 0; pass < 3; pass++) {
        let nearest = null, least = r;
        for (const incident of incidents) {
          const away = Math.hypot(incident.x - bubble.x, incident.y - bubble.y);
          if (away < least) { least = away; nearest = incident; }
        }
        if (!nearest) break;
        const dx = bubble.x - nearest.x, dy = bubble.y - nearest.y + (least < 1 ? 1 : 0), far = Math.max(1, Math.hypot(dx, dy));
        bubble.x = nearest.x + (dx / far) * (r + 1); bubble.y = nearest.y + (dy / far) * (r + 1);
      }
    }
    return all;
  }

  const radius = (n) => (n === 1 ? 7 : Math.min(26, 10 + 1.6 * Math.sqrt(n)));

  function paintBubble(g, bubble) {
    const colour = parts.sprites.colour, r = radius(bubble.n);
    g.beginPath(); g.arc(bubble.x, bubble.y, r + 2, 0, 2 * Math.PI); g.fillStyle = colour("--map-label"); g.globalAlpha = 0.85; g.fill(); g.globalAlpha = 1;
    let from = -Math.PI / 2;
    g.lineWidth = 3.5;
    bubble.ring.forEach((n, k) => {
      if (!n) return;
      const to = from + (2 * Math.PI * n) / bubble.n;
      g.beginPath(); g.arc(bubble.x, bubble.y, r - 1, from, to); g.strokeStyle = colour(RING[k]); g.stroke(); from = to;
    });
    g.font = `600 ${bubble.n > 99 ? 12 : 11.5}px ${parts.sprites.font()}`; g.textAlign = "center"; g.textBaseline = "middle";
    g.fillStyle = colour("--text"); g.fillText(String(bubble.n), bubble.x, bubble.y + 0.5);
  }

  /** Straight-line estimate in seconds: 0.449 * metres^0.808, fitted to New York journeys, within about 30 %. */
  function straightLineSeconds(metres) { return 0.449 * metres ** 0.808; }

  parts.units = { Units, Blitter, bubbles, paintBubble, radius, straightLineSeconds, METRES };
})();
