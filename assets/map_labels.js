/* Names on the map: each text is painted once and kept; two labels never lie on each other.
 *
 * Knows text, its picture and free space. Refuses to know what is labelled.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const KEPT = 3000;
  // weight, size, token of the colour
  const STYLES = {
    unit: [600, 12, "--text"],
    quiet: [500, 12, "--map-quiet"],
    late: [600, 12, "--t-warn"],
    incident: [700, 14, "--text"],
    alarm: [700, 14, "--t-alarm"],
    count: [700, 12, "--text"],
  };
  let kept = new Map();

  function refresh() { kept = new Map(); }

  /** The picture of a text: { canvas, w, h } in CSS pixels, halo included. */
  function label(text, style) {
    const key = style + "|" + text;
    let made = kept.get(key);
    if (made) return made;
    const sprites = parts.sprites, ratio = sprites.ratio(), [weight, size, token] = STYLES[style];
    const canvas = document.createElement("canvas"), g = canvas.getContext("2d");
    const font = `${weight} ${size}px ${sprites.font()}`;
    g.font = font;
    const w = Math.ceil(g.measureText(text).width) + 6, h = size + 6;
    canvas.width = Math.ceil(w * ratio); canvas.height = Math.ceil(h * ratio);
    g.scale(ratio, ratio); g.font = font; g.textBaseline = "middle"; g.lineJoin = "round";
    g.strokeStyle = sprites.colour("--map-label"); g.lineWidth = 3; g.strokeText(text, 3, h / 2 + 0.5);
    g.fillStyle = sprites.colour(token); g.fillText(text, 3, h / 2 + 0.5);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    made = { canvas, w, h };
    kept.set(key, made);
    return made;
  }

  /* Space already taken, on a coarse grid so that a test looks at a handful of boxes. */
  class Space {
    constructor() { this.cells = new Map(); }
    *near(x, y, w, h) {
      for (let i = x >> 6; i <= (x + w) >> 6; i++) for (let j = y >> 6; j <= (y + h) >> 6; j++) {
        const cell = this.cells.get(i * 100003 + j); if (cell) yield* cell;
      }
    }
    free(x, y, w, h) {
      for (const b of this.near(x, y, w, h)) if (x < b[0] + b[2] && b[0] < x + w && y < b[1] + b[3] && b[1] < y + h) return false;
      return true;
    }
    take(x, y, w, h) {
      const box = [x, y, w, h];
      for (let i = x >> 6; i <= (x + w) >> 6; i++) for (let j = y >> 6; j <= (y + h) >> 6; j++) {
        const key = i * 100003 + j, cell = this.cells.get(key);
        if (cell) cell.push(box); else this.cells.set(key, [box]);
      }
    }
    /** Try to draw a label beside a point: right, left, below, above. Returns whether there was room. */
    place(g, made, x, y, away, must, sides) {
      const { w, h } = made;
      const spots = [[x + away, y - h / 2], [x - away - w, y - h / 2], [x - w / 2, y + away], [x - w / 2, y - away - h]];
      for (let k = 0; k < (sides || 4); k++) {
        const [bx, by] = spots[k];
        if (this.free(bx + 2, by + 2, w - 4, h - 4)) { this.take(bx, by, w, h); draw(g, made, bx, by); return true; }
      }
      if (must) { const [bx, by] = spots[0]; this.take(bx, by, w, h); draw(g, made, bx, by); }
      return Boolean(must);
    }
  }

  // Whole device pixels keep text sharp.
  function draw(g, made, x, y) {
    const r = parts.sprites.ratio();
    g.drawImage(made.canvas, Math.round(x * r) / r, Math.round(y * r) / r, made.canvas.width / r, made.canvas.height / r);
  }

  parts.labels = { label, draw, refresh, Space };
})();
