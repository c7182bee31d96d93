/* The map under the hand: picking, tooltip, keys, "who is responsible?", reporting.
 *
 * Knows pointer, touch and keyboard. Refuses to know how anything is drawn and what a command does: it says what was
 * picked and where, and the page's other scripts act on it.
 * Texts of records reach the page through textContent only.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  const MOUSE = 11, TOUCH = 24; // px from a symbol that still picks it
  const LONG_PRESS = 550; // ms
  const STATUS_WORDS = {
    available: "Available", dispatched: "Dispatched", acknowledged: "Acknowledged", en_route: "En route", staging: "Staging",
    on_scene: "On scene", transporting: "Transporting", at_destination: "At destination", out_of_service: "Out of service", off_duty: "Off duty",
  };

  function node(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  const byId = (id) => document.getElementById(id);
  const number = (n) => n.toLocaleString("en-US");
  const now = () => (concord.now ? concord.now() : Date.now() / 1000);

  // ---- tools ------------------------------------------------------------------------------------------------

  /** What a press on the map may mean, here and from other scripts: { name, button?, key?, hint?, at(scene, lngLat),
      keys?: {key: fn(scene)}, armed?(scene), left?(scene), holds? }. One that `holds` stays armed until it is left. */
  parts.mapTools = parts.mapTools || [];
  const tools = () => [...OWN, ...parts.mapTools];
  const armed = () => tools().find((tool) => tool.name === concord.mapTool);
  let shown = null; // the scene tools work on

  const OWN = [
    { name: "report", button: "map-report", key: "n", hint: "Click where the incident is. Enter takes the middle of the map, Esc leaves.", at: report },
    { name: "whois", button: "map-whois", hint: "Click anywhere to see who is responsible. Enter takes the middle of the map, Esc leaves.", at: whois },
  ];

  /** Arm a tool by name for the next press on the map; "" for none. */
  function arm(name) {
    const before = armed(), next = tools().find((tool) => tool.name === name);
    concord.mapTool = next ? name : "";
    for (const tool of tools()) if (tool.button) byId(tool.button)?.setAttribute("aria-pressed", String(tool === next));
    const panel = byId("map-panel");
    if (panel) panel.dataset.tool = concord.mapTool;
    const hint = byId("map-hint");
    if (hint) { hint.textContent = next?.hint || ""; hint.hidden = !next?.hint; }
    if (before === next) return;
    before?.left?.(shown);
    next?.armed?.(shown);
  }

  const toggle = (name) => arm(concord.mapTool === name ? "" : name);
  // Who asks "who is responsible?" in the middle of drawing wants to go on drawing.
  const release = () => { if (!armed()?.holds) arm(""); };

  function mark(scene, lngLat, purpose) {
    scene.mark = lngLat ? { lng: lngLat.lng, lat: lngLat.lat, purpose } : null;
    scene.soon();
  }

  const round = (value) => Math.round(value * 1e6) / 1e6;

  function whois(scene, at) {
    release(); mark(scene, at, "whois");
    const data = { lon: round(at.lng), lat: round(at.lat), t: Date.now() };
    if (window.dash_clientside && window.dash_clientside.set_props) window.dash_clientside.set_props("whois-query", { data });
    concord.picture.emit("whois", data);
  }

  function report(scene, at) {
    arm(""); mark(scene, at, "report");
    concord.mapClick({ lon: round(at.lng), lat: round(at.lat) });
  }

  /** A place on the map was chosen for a report; the report form listens to "place". */
  concord.mapClick = concord.mapClick || (({ lon, lat }) => concord.picture.emit("place", { lon, lat, purpose: "report" }));

  function useTool(scene, at) { const tool = armed(); tool?.at(scene, at); return Boolean(tool); }

  // ---- picking ----------------------------------------------------------------------------------------------

  function choose(scene, point, reach) {
    const hit = scene.pick(point, reach);
    if (!hit) return parts.overlays.some((overlay) => scene.shown[overlay.key] && overlay.choose?.(scene, point, reach));
    if (hit.kind === "bubble") {
      const at = scene.map.containerPointToLatLng([hit.bubble.x - scene.inset().x, hit.bubble.y - scene.inset().y]);
      scene.map.setView(at, Math.min(13, Math.floor(scene.map.getZoom()) + 2), { animate: !scene.calm.matches });
    } else if (hit.kind === "incident") concord.select({ incident: hit.id, unit: "" });
    else concord.select({ unit: hit.id });
    return true;
  }

  function pointer(scene) {
    const { map } = scene, box = map.getContainer(), tip = byId("map-tip");
    let touch = false, pressed = 0, ignore = false, from = null;
    const on = (target, name, fn, options) => { target.addEventListener(name, fn, options); scene.stops.push(() => target.removeEventListener(name, fn, options)); };
    const leaflet = (name, fn) => { map.on(name, fn); scene.stops.push(() => map.off(name, fn)); };

    on(box, "pointerdown", (event) => {
      touch = event.pointerType !== "mouse"; ignore = false; clearTimeout(pressed);
      if (!touch || !event.isPrimary) return;
      from = { x: event.clientX, y: event.clientY };
      const at = map.mouseEventToLatLng(event);
      if (!armed()?.holds) pressed = setTimeout(() => { ignore = true; whois(scene, at); }, LONG_PRESS);
    }, { passive: true });
    on(box, "pointermove", (event) => { if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > 10) { clearTimeout(pressed); from = null; } }, { passive: true });
    for (const name of ["pointerup", "pointercancel"]) on(box, name, () => { clearTimeout(pressed); from = null; }, { passive: true });

    leaflet("click", (event) => {
      if (ignore) { ignore = false; return; }
      if (useTool(scene, event.latlng)) return;
      choose(scene, event.containerPoint, touch ? TOUCH : MOUSE);
    });
    leaflet("contextmenu", (event) => {
      event.originalEvent.preventDefault();
      if (!ignore) whois(scene, event.latlng);
    });

    let due = 0, last = null;
    leaflet("mousemove", (event) => {
      last = event; scene.pointerAt = event.latlng;
      if (due) return;
      due = setTimeout(() => { due = 0; hover(scene, last.containerPoint, box, tip); }, 40);
    });
    leaflet("mouseout movestart zoomstart", () => { scene.pointerAt = null; if (tip) tip.hidden = true; });
  }

  function hover(scene, point, box, tip) {
    const hit = scene.over ? null : scene.pick(point, MOUSE);
    const other = hit || scene.over ? null : overlayTip(scene, point);
    box.classList.toggle("concord-pickable", Boolean(hit || other));
    if (!tip) return;
    const lines = other || (hit ? (hit.kind === "unit" ? unitLines(scene, hit.id) : hit.kind === "incident" ? incidentLines(scene, hit.id) : [`${number(hit.bubble.n)} units`, "Click to look closer"]) : null);
    tip.hidden = !lines;
    if (!lines) return;
    tip.replaceChildren(...lines.map((line, k) => node(k ? "span" : "b", "", line)));
    const size = box.getBoundingClientRect(), w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.transform = `translate(${Math.round(Math.min(point.x + 14, size.width - w - 6))}px, ${Math.round(point.y + 18 + h > size.height ? point.y - h - 10 : point.y + 18)}px)`;
  }

  function overlayTip(scene, point) {
    for (const overlay of parts.overlays) {
      const lines = scene.shown[overlay.key] && overlay.tip?.(scene, point, MOUSE);
      if (lines) return lines;
    }
    return null;
  }

  function unitLines(scene, id) {
    const record = scene.picture.units.get(id), i = scene.units.index.get(id);
    if (!record || i === undefined) return null;
    const agency = scene.picture.agencies.get(record.agency), incident = scene.picture.incidents.get(scene.incidentRow(i));
    const seconds = scene.units.seconds(i, now());
    const age = !Number.isFinite(seconds) ? "no position yet, drawn at its station" : scene.units.parked(i) ? "at its station" : `position ${ageWords(seconds)} old`;
    return [
      record.callsign,
      (agency ? agency.name : record.agency) + (record.kind ? ` · ${record.kind.replaceAll("_", " ").toLowerCase()}` : ""),
      (STATUS_WORDS[record.status] || record.status) + (incident ? ` · ${incident.short} ${incident.name || ""}` : ""),
      age[0].toUpperCase() + age.slice(1),
    ];
  }

  function incidentLines(scene, id) {
    const record = scene.picture.incidents.get(id), incident = scene.byId.get(id);
    if (!record) return null;
    return [
      `${record.short} ${record.name || record.type}`,
      `Priority ${record.priority}` + (record.address ? ` · ${record.address}` : ""),
      incident && incident.assigned ? `${incident.assigned} assigned, ${incident.rows.length} on scene` : "Nobody assigned",
    ];
  }

  const ageWords = (s) => (s < 60 ? `${Math.round(s)} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`);

  // ---- keys -------------------------------------------------------------------------------------------------

  function keys(scene) {
    const { map } = scene, box = map.getContainer();
    box.setAttribute("role", "application");
    box.setAttribute("aria-label", "Map");
    box.setAttribute("aria-describedby", "map-keys");
    const act = (event) => {
      // Single letters act only while the map itself has the focus, and never with a modifier.
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      const own = armed()?.keys?.[key], keyed = tools().find((tool) => tool.key === key);
      const done = (own && (() => own(scene))) || (keyed && (() => toggle(keyed.name))) || {
        "[": () => step(scene, -1), "]": () => step(scene, 1), z: () => zoomTo(scene),
        w: () => whois(scene, scene.pointerAt || map.getCenter()), Escape: () => clear(scene), Enter: () => useTool(scene, map.getCenter()),
      }[key];
      if (!done || event.target !== box) return;
      if (done() !== false) { event.preventDefault(); event.stopPropagation(); }
    };
    box.addEventListener("keydown", act);
    const escape = (event) => {
      // A dialog over the map has its own Esc: what is drawn under it stays.
      if (event.key === "Escape" && (concord.mapTool || scene.mark) && !document.querySelector("dialog:modal")) clear(scene);
    };
    document.addEventListener("keydown", escape);
    scene.stops.push(() => { box.removeEventListener("keydown", act); document.removeEventListener("keydown", escape); });
  }

  function clear(scene) {
    const had = Boolean(concord.mapTool || scene.mark);
    // One Esc takes the answer away, the next one what was being drawn.
    if (!scene.mark || !armed()?.holds) arm("");
    mark(scene, null);
    concord.picture.emit("mark", null);
    return had;
  }

  /** Next or previous incident, most urgent first. */
  function step(scene, by) {
    const order = [...scene.gathered].sort((a, b) => a.record.priority - b.record.priority || a.record.received - b.record.received);
    if (!order.length) return;
    const at = order.findIndex((incident) => incident.id === scene.selection.incident);
    const next = order[at < 0 ? (by > 0 ? 0 : order.length - 1) : (at + by + order.length) % order.length];
    concord.select({ incident: next.id, unit: "" });
  }

  function zoomTo(scene) {
    const at = scene.selectedPlace();
    if (at) scene.map.setView(at, Math.max(14, scene.map.getZoom()), { animate: !scene.calm.matches });
    return Boolean(at);
  }

  function start(scene) {
    shown = scene;
    pointer(scene); keys(scene); arm("");
    const press = (id, fn) => { const button = byId(id); if (button) { button.addEventListener("click", fn); scene.stops.push(() => button.removeEventListener("click", fn)); } };
    press("map-zoom-in", () => scene.map.zoomIn());
    press("map-zoom-out", () => scene.map.zoomOut());
    for (const tool of tools()) {
      if (tool.button) press(tool.button, () => { toggle(tool.name); scene.map.getContainer().focus({ preventScroll: true }); });
    }
  }

  parts.node = node;
  parts.tools = { start, arm };
})();
