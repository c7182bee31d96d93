/* The symbols of lists and panels: unit shape = discipline, fill and glyph = status; incident = diamond.
 * Knows shapes, status words and colours' names. Refuses to know the map, which blits its own sprites.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const svg = concord.svg;

  /** Status of a unit -> code on radio, name, group (one colour and one filter chip per group). */
  concord.statuses = {
    reserved: { code: "RS", name: "Reserved", group: "dispatched" },
    available: { code: "AV", name: "Available", group: "available" },
    dispatched: { code: "DP", name: "Dispatched", group: "dispatched" },
    acknowledged: { code: "AK", name: "Acknowledged", group: "dispatched" },
    en_route: { code: "ER", name: "En route", group: "enroute" },
    staging: { code: "ST", name: "Staging", group: "onscene" },
    on_scene: { code: "OS", name: "On scene", group: "onscene" },
    transporting: { code: "TR", name: "Transporting", group: "transport" },
    at_destination: { code: "HO", name: "At destination", group: "transport" },
    out_of_service: { code: "OO", name: "Out of service", group: "out" },
    off_duty: { code: "OD", name: "Off duty", group: "out" },
    cleared: { code: "CL", name: "Cleared", group: "available" },
    cancelled: { code: "X", name: "Cancelled", group: "out" },
  };
  concord.statusGroups = [
    { id: "available", code: "AV", name: "Available", statuses: ["available"] },
    { id: "dispatched", code: "DP", name: "Dispatched", statuses: ["dispatched", "acknowledged"] },
    { id: "enroute", code: "ER", name: "En route", statuses: ["en_route"] },
    { id: "onscene", code: "OS", name: "On scene, staging", statuses: ["staging", "on_scene"] },
    { id: "transport", code: "TR", name: "Transporting", statuses: ["transporting", "at_destination"] },
    { id: "out", code: "OO", name: "Out of service", statuses: ["out_of_service", "off_duty"] },
  ];
  const unknown = { code: "?", name: "Unknown", group: "out" };
  concord.statusOf = (name) => concord.statuses[name] || unknown;

  const SHAPES = {
    fire: () => svg("circle", { r: 8 }),
    ems: () => svg("path", { d: "M-3 -8.4H3V-3H8.4V3H3V8.4H-3V3H-8.4V-3H-3Z" }),
    law: () => svg("path", { d: "M-7.4 -7.6H7.4V-1.2C7.4 3.6 4 6.6 0 8.8C-4 6.6 -7.4 3.6 -7.4 -1.2Z" }),
    sar: () => svg("path", { d: "M0 -8.8 8.5 -2.6 5.3 7.5H-5.3L-8.5 -2.6Z" }),
    coast_guard: () => svg("path", { d: "M-10.2 -5.2H10.2L6.2 5.2H-6.2Z" }),
    pill: () => svg("rect", { x: -10, y: -5.8, width: 20, height: 11.6, rx: 5.8 }),
    other: () => svg("path", { d: "M-4.6 -8H4.6L9 0 4.6 8H-4.6L-9 0Z" }),
  };
  const SHAPE_OF = { fire: "fire", ems: "ems", law: "law", sar: "sar", coast_guard: "coast_guard", utility: "pill", public_works: "pill" };

  const ink = { fill: "none", stroke: "#0B0F14", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round" };
  const GLYPHS = {
    available: () => null,
    dispatched: () => svg("path", { ...ink, d: "M0 -4V0.8M0 3.8V4" }),
    enroute: () => svg("path", { ...ink, d: "M-1.8 -3.6 1.8 0 -1.8 3.6" }),
    onscene: () => svg("circle", { r: 2.4, fill: "#0B0F14" }),
    transport: () => svg("path", { ...ink, "stroke-width": 1.8, d: "M-2.4 -3.4V3.4M2.4 -3.4V3.4M-2.4 0H2.4" }),
    out: () => svg("path", { ...ink, d: "M-2.6 -2.6 2.6 2.6M2.6 -2.6 -2.6 2.6" }),
  };

  /** A unit's symbol; without a status it is an outline that means the discipline. */
  concord.unitIcon = function (discipline, status, size) {
    const shape = SHAPES[SHAPE_OF[discipline] || "other"]();
    const px = size || 16;
    const group = status ? concord.statusOf(status).group : "";
    shape.setAttribute("class", group ? "sym sym-" + group : "sym sym-outline");
    const parts = [shape];
    if (group) parts.push(GLYPHS[group]());
    return svg("svg", { class: "ico", width: px, height: px, viewBox: "-11 -11 22 22", "aria-hidden": "true" }, parts);
  };

  /** The square glyph of a status alone, for chips. */
  concord.statusMark = function (status) {
    const group = concord.statusGroups.some((g) => g.id === status) ? status : concord.statusOf(status).group;
    return svg(
      "svg",
      { class: "ico", width: 14, height: 14, viewBox: "-8 -8 16 16", "aria-hidden": "true" },
      svg("rect", { x: -7, y: -7, width: 14, height: 14, rx: 2.5, class: "sym sym-" + group }),
      GLYPHS[group](),
    );
  };

  /** An incident's diamond with its type letter and priority badge. */
  concord.incidentIcon = function (letter, priority, size) {
    const px = size || 36;
    const p = priority >= 1 && priority <= 4 ? priority : 4;
    return svg(
      "svg",
      { class: "diamond", width: px, height: px, viewBox: "-16 -20 36 36", "aria-hidden": "true" },
      svg("path", { d: "M0 -12.8 12.8 0 0 12.8 -12.8 0Z", class: "dia-halo" }),
      svg("path", { d: "M0 -12.8 12.8 0 0 12.8 -12.8 0Z", class: "dia dia-p" + p }),
      svg("text", { class: "dia-letter", y: 4.6 }, String(letter || "?").slice(0, 2)),
      svg("circle", { cx: 11, cy: -10, r: 7.5, class: "dia-badge" }),
      svg("text", { class: "dia-digit", x: 11, y: -6 }, String(p)),
    );
  };

  /** Draws the symbols a server-made panel asks for with `data-shape` (and `data-status`). */
  concord.drawIcons = function (root) {
    for (const spot of root.querySelectorAll("[data-shape]")) {
      const shape = spot.dataset.shape || concord.picture.units.get(spot.dataset.unitIcon)?.discipline || "other";
      const want = shape + "/" + (spot.dataset.status || "");
      if (spot.dataset.drawn === want) continue;
      spot.dataset.drawn = want;
      spot.replaceChildren(concord.unitIcon(shape, spot.dataset.status || ""));
    }
  };
})();
