/* Symbols: every shape, status and priority as a small picture made once per theme and pixel ratio.
 *
 * Knows how a unit, an incident and a facility look. Refuses to know where they are and who owns them.
 * Shape says discipline, fill and glyph say status: never colour alone.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  // Shapes stand in a box of about 17 x 17 round 0,0; all sizes are scales of these.
  const SHAPES = {
    fire: () => circle(8),
    ems: () => new Path2D("M-2.8-8.2h5.6v5.4h5.4v5.6h-5.4v5.4h-5.6v-5.4h-5.4v-5.6h5.4z"),
    law: () => new Path2D("M-7.2-7.6h14.4v6.2c0 5-3.4 7.8-7.2 10-3.8-2.2-7.2-5-7.2-10z"),
    sar: () => new Path2D("M0-8.6 8.4-2.5 5.2 7.4h-10.4L-8.4-2.5z"),
    hull: () => new Path2D("M-10.5-5h21l-4 10h-13z"),
    pill: () => pill(20, 11.2),
    other: () => new Path2D("M-4.4-7.6h8.8l4.4 7.6-4.4 7.6h-8.8l-4.4-7.6z"),
  };
  const SHAPE_OF = {
    fire: "fire", ems: "ems", law: "law", sar: "sar", coast_guard: "hull",
    utility: "pill", public_works: "pill", transport: "pill",
  };
  // Looks of a status: the token of its fill, and its glyph.
  const LOOKS = {
    available: ["--st-available", ""],
    dispatched: ["--st-dispatched", "!"],
    acknowledged: ["--st-dispatched", "!"],
    en_route: ["--st-enroute", ">"],
    staging: ["--st-onscene", "S"],
    on_scene: ["--st-onscene", "o"],
    transporting: ["--st-transport", "H"],
    at_destination: ["--st-transport", "H"],
    out_of_service: ["--st-out", "x"],
    off_duty: ["--st-out", "x"],
  };
  const COMMITTED = new Set(["dispatched", "acknowledged", "en_route", "staging", "on_scene", "transporting", "at_destination"]);

  function circle(r) { const p = new Path2D(); p.arc(0, 0, r, 0, 2 * Math.PI); return p; }
  function pill(w, h) {
    const p = new Path2D(), r = h / 2;
    p.arc(-w / 2 + r, 0, r, Math.PI / 2, 1.5 * Math.PI); p.arc(w / 2 - r, 0, r, -Math.PI / 2, Math.PI / 2); p.closePath();
    return p;
  }

  let shapes = null, colours = null, ratio = 1, cache = new Map(), era = 0;

  /** Read the tokens again; all pictures are made anew when next asked for. */
  function refresh() {
    const style = getComputedStyle(document.documentElement);
    const get = (name, other) => style.getPropertyValue(name).trim() || other;
    colours = new Proxy({}, { get: (kept, name) => (kept[name] = kept[name] || get(name, FALLBACK[name] || "#888")) });
    ratio = Math.min(3, window.devicePixelRatio || 1);
    shapes = shapes || Object.fromEntries(Object.entries(SHAPES).map(([name, make]) => [name, make()]));
    cache = new Map(); era++;
  }
  // Used only where the page has no tokens yet.
  const FALLBACK = {
    "--st-available": "#52DCA8", "--st-dispatched": "#DBBB00", "--st-enroute": "#428BF2", "--st-onscene": "#D96848",
    "--st-transport": "#F1E0F6", "--st-out": "#8D959A", "--p1": "#FF5A5F", "--p2": "#FF9F1C", "--p3": "#F7E463",
    "--p4": "#9DB4C8", "--alarm": "#FF5A5F", "--warn": "#FFB020", "--text": "#E6EAF0", "--muted": "#9AA7B4", "--ink": "#0B0F14",
    "--panel": "#1B222B", "--line": "#323D4A", "--focus": "#7CC4FF", "--land": "#1A2129", "--water": "#0D1319", "--border": "#3A4754",
  };

  function colour(name) { if (!colours) refresh(); return colours[name]; }

  /* A picture: canvas in device pixels, its anchor (cx, cy) in device pixels, size in CSS pixels. */
  function picture(key, size, paint) {
    if (!colours) refresh();
    let made = cache.get(key);
    if (made) return made;
    const canvas = document.createElement("canvas"), device = Math.ceil(size * ratio);
    canvas.width = canvas.height = device;
    const g = canvas.getContext("2d", { willReadFrequently: true });
    g.translate(device / 2, device / 2); g.scale(ratio, ratio);
    paint(g);
    made = { canvas, device, half: device / 2, size: device / ratio, key, era, pixels: null };
    cache.set(key, made);
    return made;
  }

  /** The picture's pixels for blitting (32 bit, straight alpha). */
  function pixels(made) {
    if (!made.pixels) {
      const data = made.canvas.getContext("2d").getImageData(0, 0, made.device, made.device).data;
      made.pixels = new Uint32Array(data.buffer);
    }
    return made.pixels;
  }

  function glyph(g, sign) {
    const ink = colour("--ink");
    g.fillStyle = ink; g.strokeStyle = ink; g.lineCap = "butt"; g.lineJoin = "miter"; g.setLineDash([]);
    if (sign === "!") g.fill(new Path2D("M-1.2-4.8h2.4l-.35 5.6h-1.7zM-1.1 2.4h2.2v2.2h-2.2z"));
    else if (sign === ">") { g.lineWidth = 2.1; g.stroke(new Path2D("M-2.4-4 2.4 0-2.4 4")); }
    else if (sign === "o") g.fill(circle(2.8));
    else if (sign === "H") g.fill(new Path2D("M-3.4-4h2v3h2.8v-3h2v8h-2v-3.2h-2.8v3.2h-2z"));
    else if (sign === "S") { g.lineWidth = 1.9; g.stroke(new Path2D("M2.9-3.2C1.8-4.6-2.6-4.6-2.6-2-2.6.4 2.7-.4 2.7 2.1 2.7 4.6-1.9 4.6-3 3.1")); }
    else if (sign === "x") { g.lineWidth = 1.9; g.stroke(new Path2D("M-3-3 3 3M3-3-3 3")); }
  }

  /**
   * A unit. `age` is "" (fresh), "stale" or "lost"; `heading` a sixteenth of the circle (0..15) or -1.
   * `quiet` drawings (available units) carry no halo.
   */
  function unit(shape, status, scale, age, heading, quiet) {
    const key = `u|${shape}|${status}|${scale}|${age}|${heading}|${quiet ? 1 : 0}`;
    const [token, sign] = LOOKS[status] || LOOKS.available;
    return picture(key, (heading >= 0 ? 44 : 28) * scale, (g) => {
      g.scale(scale, scale);
      const path = shapes[shape];
      if (heading >= 0) {
        g.save(); g.rotate((heading * Math.PI) / 8);
        g.fillStyle = quiet ? colour(token) : colour("--map-halo"); g.strokeStyle = colour("--ink"); g.lineWidth = 0.8;
        const tick = new Path2D("M-5-11 0-18.5 5-11z"); g.fill(tick); g.stroke(tick); g.restore();
      }
      g.lineJoin = "round";
      if (!quiet && !age) { g.strokeStyle = colour("--map-halo"); g.lineWidth = 4.4; g.stroke(path); }
      if (age) {
        // Pale and dashed: the place is old, whatever the status was.
        g.fillStyle = colour("--map-label"); g.globalAlpha = 0.75; g.fill(path);
        g.fillStyle = colour(token); g.globalAlpha = age === "lost" ? 0.12 : 0.35; g.fill(path); g.globalAlpha = 1;
        g.strokeStyle = colour(age === "lost" ? "--t-warn" : "--text"); g.lineWidth = 1.5 / Math.max(scale, 0.6);
        g.setLineDash([3.4, 2.6]); g.stroke(path); g.setLineDash([]);
        if (age === "lost") return;
        g.globalAlpha = 0.85;
      } else {
        g.fillStyle = colour(token); g.fill(path);
        g.strokeStyle = colour("--ink"); g.lineWidth = 1.4; g.stroke(path);
      }
      if (sign && scale >= 0.6) glyph(g, sign);
    });
  }

  /** An incident: diamond with its type's letter and the priority as a digit. */
  function incident(letter, priority, small) {
    const p = Math.min(4, Math.max(1, priority || 4));
    return picture(`i|${letter}|${p}|${small ? 1 : 0}`, small ? 30 : 46, (g) => {
      if (small) g.scale(0.62, 0.62);
      const diamond = new Path2D("M0-12.5 12.5 0 0 12.5-12.5 0z");
      g.lineJoin = "round"; g.strokeStyle = colour("--map-halo"); g.lineWidth = 4.4; g.stroke(diamond);
      g.fillStyle = colour(`--p${p}`); g.fill(diamond); g.strokeStyle = colour("--ink"); g.lineWidth = 1.5; g.stroke(diamond);
      g.textAlign = "center"; g.textBaseline = "alphabetic"; g.fillStyle = colour("--ink");
      g.font = `700 13px ${font()}`; g.fillText(letter || "?", 0, 4.6);
      const badge = new Path2D(); badge.arc(11, -10, 7.5, 0, 2 * Math.PI);
      g.fillStyle = colour("--ink"); g.fill(badge); g.strokeStyle = colour("--map-halo"); g.lineWidth = 1; g.stroke(badge);
      g.fillStyle = "#fff"; g.font = `700 11px ${font()}`; g.fillText(String(p), 11, -6);
    });
  }

  /** A facility: a white rectangle with a door. */
  function facility() {
    return picture("f", 16, (g) => {
      g.fillStyle = colour("--map-halo"); g.strokeStyle = colour("--ink"); g.lineWidth = 1;
      g.fillRect(-4.5, -3.5, 9, 7); g.strokeRect(-4.5, -3.5, 9, 7);
      g.fillStyle = colour("--ink"); g.fillRect(-1.5, -0.5, 3, 4);
    });
  }

  let family = "";
  function font() {
    family = family || getComputedStyle(document.documentElement).getPropertyValue("--font").trim() || "Arial, sans-serif";
    return family;
  }

  parts.sprites = {
    refresh, colour, unit, incident, facility, pixels, font, COMMITTED, LOOKS,
    shapeOf: (discipline) => SHAPE_OF[discipline] || "other",
    shapeIcon: (name) => picture(`n|${name}`, 24, (g) => {
      g.scale(0.72, 0.72); g.strokeStyle = colour("--muted"); g.lineWidth = 2; g.stroke(shapes[name]);
    }),
    ratio: () => ratio,
    era: () => era,
  };
})();
