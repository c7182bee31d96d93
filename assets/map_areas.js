/* Areas and lines an overlay draws: rings in degrees kept as paths that any zoom can paint.
 *
 * Knows how a path is kept and hatched. Refuses to know what the area means.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  /* World coordinates relative to the first point, in millionths of the world's width: canvas numbers are 32 bit. */
  const UNIT = 1e-6;

  /** Polygons as [[ring, hole, ...], ...] of [lon, lat]; `open` draws each ring as a line that does not close. */
  class Shape {
    constructor(polygons, open = false) {
      const { worldX, mercator } = parts.boundaries;
      const first = polygons[0]?.[0]?.[0];
      this.empty = !first;
      this.origin = first ? [worldX(first[0]), mercator(first[1])] : [0, 0];
      this.path = new Path2D();
      for (const rings of polygons) for (const ring of rings) {
        ring.forEach(([lon, lat], k) => {
          const x = (worldX(lon) - this.origin[0]) / UNIT, y = (mercator(lat) - this.origin[1]) / UNIT;
          if (k) this.path.lineTo(x, y); else this.path.moveTo(x, y);
        });
        if (!open) this.path.closePath();
      }
    }

    /** Paint it: `fill`, `line`, `hatch` are colours or nothing; `dash` in px; `back` leans the hatch the other way. */
    paint(g, view, { fill, line, hatch, width = 1.5, alpha = 1, dash = [], back = false, casing }) {
      if (this.empty) return;
      const ratio = parts.sprites.ratio(), k = view.scale * UNIT * ratio, px = ratio / k;
      const left = (this.origin[0] * view.scale - view.ox) * ratio, top = (this.origin[1] * view.scale - view.oy) * ratio;
      g.save();
      g.setTransform(k, 0, 0, k, left, top);
      if (fill) { g.globalAlpha = alpha * 0.18; g.fillStyle = fill; g.fill(this.path, "evenodd"); }
      if (hatch) {
        g.save(); g.clip(this.path, "evenodd"); g.globalAlpha = alpha * 0.6; g.strokeStyle = hatch; g.lineWidth = px;
        const west = -left / k, north = -top / k, w = view.w * px, tall = view.h * px, step = 8 * px;
        g.beginPath();
        for (let x = Math.floor((west - tall) / step) * step; x < west + w + tall; x += step) {
          if (back) { g.moveTo(x, north); g.lineTo(x + tall, north + tall); } else { g.moveTo(x, north + tall); g.lineTo(x + tall, north); }
        }
        g.stroke(); g.restore();
      }
      g.lineJoin = g.lineCap = "round";
      if (casing) { g.globalAlpha = 1; g.strokeStyle = casing; g.lineWidth = (width + 3) * px; g.stroke(this.path); }
      if (line) { g.globalAlpha = alpha; g.strokeStyle = line; g.lineWidth = width * px; g.setLineDash(dash.map((d) => d * px)); g.stroke(this.path); }
      g.restore();
    }
  }

  parts.Shape = Shape;
})();
