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

  /** Arm a tool for the next press on the map: "report", "whois" or "" for none. */
  function arm(tool) {
    concord.mapTool = tool;
    for (const [id, name] of [["map-report", "report"], ["map-whois", "whois"]]) byId(id)?.setAttribute("aria-pressed", String(tool === name));
    const panel = byId("map-panel");
    if (panel) panel.dataset.tool = tool;
    const hint = byId("map-hint");
    if (hint) {
      hint.textContent = { report: "Click where the incident is. Enter takes the middle of the map, Esc leaves.", whois: "Click anywhere to see who is responsible. Enter takes the middle of the map, Esc leaves." }[tool] || "";
      hint.hidden = !tool;
    }
  }

  function mark(scene, lngLat, purpose) {
    scene.mark = lngLat ? { lng: lngLat.lng, lat: lngLat.lat, purpose } : null;
    scene.soon();
  }

  const round = (value) => Math.round(value * 1e6) / 1e6;

  function whois(scene, at) {
    arm(""); mark(scene, at, "whois");
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

  function useTool(scene, at) { if (concord.mapTool === "report") report(scene, at); else if (concord.mapTool === "whois") whois(scene, at); else return false; return true; }

  // ---- picking ----------------------------------------------------------------------------------------------

  function choose(scene, point, reach) {
    const hit = scene.pick(point, reach);
    if (!hit) return false;
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
      pressed = setTimeout(() => { ignore = true; whois(scene, at); }, LONG_PRESS);
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
    box.classList.toggle("concord-pickable", Boolean(hit));
    if (!tip) return;
    const lines = hit ? (hit.kind === "unit" ? unitLines(scene, hit.id) : hit.kind === "incident" ? incidentLines(scene, hit.id) : [`${number(hit.bubble.n)} units`, "Click to look closer"]) : null;
    tip.hidden = !lines;
    if (!lines) return;
    tip.replaceChildren(...lines.map((line, k) => node(k ? "span" : "b", "", line)));
    const size = box.getBoundingClientRect(), w = tip.offsetWidth, h = tip.offsetHeight;
    tip.style.transform = `translate(${Math.round(Math.min(point.x + 14, size.width - w - 6))}px, ${Math.round(point.y + 18 + h > size.height ? point.y - h - 10 : point.y + 18)}px)`;
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
      const done = {
        "[": () => step(scene, -1), "]": () => step(scene, 1), z: () => zoomTo(scene), n: () => arm(concord.mapTool === "report" ? "" : "report"),
        w: () => whois(scene, scene.pointerAt || map.getCenter()), Escape: () => clear(scene), Enter: () => useTool(scene, map.getCenter()),
      }[key];
      if (!done || event.target !== box) return;
      if (done() !== false) { event.preventDefault(); event.stopPropagation(); }
    };
    box.addEventListener("keydown", act);
    const escape = (event) => { if (event.key === "Escape" && (concord.mapTool || scene.mark)) clear(scene); };
    document.addEventListener("keydown", escape);
    scene.stops.push(() => { box.removeEventListener("keydown", act); document.removeEventListener("keydown", escape); });
  }

  function clear(scene) {
    const had = Boolean(concord.mapTool || scene.mark);
    arm(""); mark(scene, null);
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
    pointer(scene); keys(scene); arm("");
    const press = (id, fn) => { const button = byId(id); if (button) { button.addEventListener("click", fn); scene.stops.push(() => button.removeEventListener("click", fn)); } };
    press("map-zoom-in", () => scene.map.zoomIn());
    press("map-zoom-out", () => scene.map.zoomOut());
    press("map-report", () => { arm(concord.mapTool === "report" ? "" : "report"); scene.map.getContainer().focus({ preventScroll: true }); });
    press("map-whois", () => { arm(concord.mapTool === "whois" ? "" : "whois"); scene.map.getContainer().focus({ preventScroll: true }); });
  }

  parts.node = node;
  parts.tools = { start, arm };
})();
