/* Closing streets by hand: points on the map become a closure, and a closure's points are moved.
 *
 * Knows the sketch and its handles, and which command it becomes. Refuses to know who may close what: the server says,
 * and until it has said yes the sketch stays as it was drawn.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const mapTools = (parts.mapTools = parts.mapTools || []);
  const h = concord.h;

  const MOST = 200; // points (domain/closure.py)
  const SAME = 5; // px: the second press of a double click is no new point
  const STEP = 4, LEAP = 20; // px an arrow key moves a handle; with Shift

  let job = null; // { scene, id, shape, points: [L.LatLng], seen, busy, said } ; id "" while drawing a new one

  const least = () => (job.shape === "area" ? 3 : 2);
  const bar = () => document.getElementById("map-closing");
  const rounded = (points) => points.map((p) => [Math.round(p.lng * 1e6) / 1e6, Math.round(p.lat * 1e6) / 1e6]);

  // ---- the sketch -------------------------------------------------------------------------------------------

  function begin(scene, wanted) {
    const pane = scene.map.getPane("concord-sketch") || scene.map.createPane("concord-sketch");
    pane.style.zIndex = 470;
    const renderer = L.svg({ pane: "concord-sketch" });
    const line = (className) => L.polyline([], { renderer, interactive: false, className, fill: false }).addTo(scene.map);
    job = { scene, busy: false, said: "", held: -1, ...wanted, under: line("closing-case"), over: line("closing-line"), next: line("closing-next"), handles: [] };
    scene.map.doubleClickZoom.disable();
    draw(); say();
  }

  function end() {
    if (!job) return;
    const { scene, under, over, next, handles } = job;
    for (const layer of [under, over, next, ...handles]) layer.remove();
    scene.map.doubleClickZoom.enable();
    scene.map.off("mousemove", lead); scene.map.off("dblclick", finish);
    job = null;
    bar().hidden = true;
    parts.closures.setMoving("");
  }

  function draw() {
    const ring = job.shape === "area" && job.points.length > 2 ? [...job.points, job.points[0]] : job.points;
    job.under.setLatLngs(ring); job.over.setLatLngs(ring);
    for (const handle of job.handles) handle.remove();
    job.handles = job.id ? handlesOf() : job.points.map(dot);
    job.next.setLatLngs([]);
  }

  const dot = (at) => L.marker(at, { icon: L.divIcon({ className: "closing-dot", iconSize: [10, 10] }), interactive: false, keyboard: false }).addTo(job.scene.map);

  // From the last point to the pointer: what the next press would add.
  function lead(event) {
    if (!job || !job.points.length || job.busy) return;
    const { points, shape } = job;
    job.next.setLatLngs(shape === "area" && points.length > 1 ? [points.at(-1), event.latlng, points[0]] : [points.at(-1), event.latlng]);
  }

  function add(scene, at) {
    if (!job || job.id || job.busy) return;
    const last = job.points.at(-1), px = (p) => scene.map.latLngToContainerPoint(p);
    if (last && px(last).distanceTo(px(at)) < SAME) return;
    if (job.points.length >= MOST) { say(`At most ${MOST} points: finish this one and draw another`); return; }
    job.points.push(L.latLng(at.lat, at.lng));
    draw(); say();
  }

  function back() {
    if (!job || job.busy) return;
    if (job.id) { removeHeld(); return; }
    job.points.pop();
    draw(); say();
  }

  function setShape(shape) {
    if (!job || job.id || job.busy) return;
    job.shape = shape;
    draw(); say();
  }

  // ---- handles of a closure being moved ---------------------------------------------------------------------

  function handlesOf() {
    const { points, shape } = job, made = points.map((_, k) => handle(k));
    const gaps = shape === "area" ? points.length : points.length - 1;
    if (points.length < MOST) for (let k = 0; k < gaps; k++) made.push(between(k));
    return made;
  }

  function marker(at, className, words, side) {
    const made = L.marker(at, { icon: L.divIcon({ className, iconSize: [side, side] }), draggable: true, autoPan: true, keyboard: true, bubblingMouseEvents: false });
    made.addTo(job.scene.map);
    made.getElement().setAttribute("aria-label", words);
    return made;
  }

  function redraw() {
    const ring = job.shape === "area" ? [...job.points, job.points[0]] : job.points;
    job.under.setLatLngs(ring); job.over.setLatLngs(ring);
  }

  function handle(k) {
    const made = marker(job.points[k], "closing-handle", `Point ${k + 1} of ${job.points.length}. Arrow keys move it, Delete takes it out.`, 24);
    const element = made.getElement(), { map } = job.scene;
    made.on("drag", () => { job.points[k] = made.getLatLng(); redraw(); });
    made.on("dragend", () => { draw(); focusOn(k); });
    made.on("contextmenu", (event) => { L.DomEvent.preventDefault(event.originalEvent); job.held = k; removeHeld(); });
    element.addEventListener("focus", () => { job.held = k; say(); });
    element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (by) {
        const size = event.shiftKey ? LEAP : STEP;
        job.points[k] = map.containerPointToLatLng(map.latLngToContainerPoint(job.points[k]).add([by[0] * size, by[1] * size]));
        draw(); focusOn(k);
      } else if (event.key === "Delete" || event.key === "Backspace") { job.held = k; removeHeld(); }
      else if (event.key === "Enter") finish();
      else return;
      event.preventDefault(); event.stopPropagation();
    });
    return made;
  }

  function between(k) {
    const next = job.points[(k + 1) % job.points.length];
    const made = marker(L.latLng((job.points[k].lat + next.lat) / 2, (job.points[k].lng + next.lng) / 2), "closing-between", `New point after point ${k + 1}. Enter puts it in.`, 24);
    let added = false;
    const put = () => { job.points.splice(k + 1, 0, made.getLatLng()); added = true; };
    made.on("drag", () => { if (!added) put(); job.points[k + 1] = made.getLatLng(); redraw(); });
    const settle = () => { draw(); say(); focusOn(k + 1); };
    made.on("dragend", settle);
    made.on("click keypress", (event) => {
      if (added || (event.type === "keypress" && event.originalEvent.key !== "Enter")) return;
      put(); settle();
    });
    return made;
  }

  function focusOn(k) { job.held = k; job.handles[k]?.getElement().focus({ preventScroll: true }); }

  function removeHeld() {
    if (!job || job.busy) return;
    if (job.held < 0 || job.held >= job.points.length) { say("Choose a point first"); return; }
    if (job.points.length <= least()) { say(`${job.shape === "area" ? "An area" : "A line"} has ${least()} points at least`); return; }
    job.points.splice(job.held, 1);
    draw(); say();
    focusOn(Math.min(job.held, job.points.length - 1));
  }

  // ---- the bar: what is being done, and every key as a button -------------------------------------------------

  function say(text) {
    if (!job) return;
    const box = bar(), moved = job.id && concord.picture.closures.get(job.id);
    const overtaken = moved && moved.v !== job.seen[`closure:${job.id}`];
    const n = job.points.length;
    const words = text || (overtaken ? `Somebody else has changed ${job.id} meanwhile`
      : job.id ? `Moving ${job.id}: drag points; those between add new ones`
      : n < least() ? `Click points ${job.shape === "area" ? "round the area" : "along the street"}` : `${n} points, ${lengthWords()}`);
    const press = (caption, fn, className, key) => h("button", { type: "button", class: className || "btn", on: { click: fn } }, caption, key ? h("kbd", { "aria-hidden": "true" }, key) : null);
    const mode = (shape, caption) => h("button", { type: "button", class: "btn", "aria-pressed": String(job.shape === shape), on: { click: () => { setShape(shape); focusMap(); } } }, caption);
    const focused = box.contains(document.activeElement) ? document.activeElement.dataset.what : "";
    const buttons = overtaken
      ? [press("Take theirs", takeTheirs, "btn btn-main"), press("Keep mine", keepMine), press("Leave", leave, "btn", "Esc")]
      : job.id
        ? [press("Save", finish, "btn btn-main", "↵"), press("Remove point", back, "btn", "Del"), press("Leave", leave, "btn", "Esc")]
        : [press("Done", finish, "btn btn-main", "↵"), press("Take back", back, "btn", "⌫"), press("Leave", leave, "btn", "Esc")];
    buttons.forEach((button, k) => (button.dataset.what = String(k)));
    box.dataset.tone = overtaken ? "late" : "";
    if (!box.firstChild) box.append(h("p", { role: "status" }), h("div", { class: "closing-buttons" }));
    concord.setText(box.firstChild, words);
    concord.fill(box.lastChild, job.id ? null : [mode("line", "Line"), mode("area", "Area")], buttons);
    box.hidden = false;
    if (focused) box.querySelector(`[data-what="${focused}"]`)?.focus();
  }

  function lengthWords() {
    const { points } = job, ring = job.shape === "area" ? [...points, points[0]] : points;
    const metres = ring.slice(1).reduce((sum, p, k) => sum + p.distanceTo(ring[k]), 0);
    return metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toFixed(1)} km`;
  }

  const focusMap = () => job?.scene.map.getContainer().focus({ preventScroll: true });
  const leave = () => parts.tools.arm("");

  function takeTheirs() {
    const theirs = concord.picture.closures.get(job.id);
    job.points = theirs.points.map(([lon, lat]) => L.latLng(lat, lon));
    keepMine();
    draw();
  }

  function keepMine() {
    job.seen = concord.expectedOf("ChangeClosure", { closure: job.id });
    say();
  }

  // ---- from a sketch to a command ---------------------------------------------------------------------------

  async function finish() {
    if (!job || job.busy) return;
    const mine = job;
    if (mine.points.length < least()) { say(`${mine.shape === "area" ? "An area" : "A line"} needs ${least()} points`); return; }
    mine.busy = true;
    mine.next.setLatLngs([]);
    const done = await (mine.id ? save(mine) : close(mine));
    mine.busy = false;
    if (job !== mine) return; // left meanwhile
    if (done) { leave(); mine.after?.(); } else { say(); focusMap(); }
  }

  async function save(mine) {
    const body = { closure: mine.id, points: rounded(mine.points) };
    return (await change(body, mine.seen)).status === "accepted";
  }

  /** Sends a change; a commander who was refused another agency's closure may give the reason that allows it. */
  async function change(body, seen) {
    const outcome = await concord.command("ChangeClosure", body, seen);
    if (outcome.rule !== "not_your_closure" || body.reason || concord.acting().role !== "commander") return outcome;
    const answer = await concord.ask({
      title: `Commander's decision on ${body.closure}`, submit: "Decide and change", alarm: true,
      text: `${outcome.text}. Your words become the closure's reason, and stand in every review.`,
      fields: [{ name: "reason", label: "Reason", value: concord.picture.closures.get(body.closure)?.reason, required: true, maxlength: 120 }],
    });
    const reason = answer?.reason.trim();
    return reason ? concord.command("ChangeClosure", { ...body, reason }, seen) : outcome;
  }

  /** The words of a closure in a dialog; `was` is the closure as it is, for one that stands. Null: turned away. */
  async function askWords(title, submit, text, was) {
    const selected = was ? null : concord.selectedIncident?.();
    const left = was && was.until ? String(Math.max(1, Math.round((was.until - concord.boardNow()) / 60))) : "";
    const answer = await concord.ask({
      title, submit, text,
      fields: [
        { name: "reason", label: "Reason", value: was?.reason, required: true, maxlength: 120, placeholder: "wires down, fire hoses, flood…" },
        { name: "minutes", label: "Ends in (minutes)", value: left, pattern: "[0-9]{1,5}", inputmode: "numeric", maxlength: 5, hint: "A number; empty: until somebody reopens it" },
        { name: "passable", label: "Emergency vehicles", value: was?.passable ? "yes" : "", options: [["", "cannot pass"], ["yes", "may pass, slowly"]] },
        ...(selected?.status === "Active" ? [{ name: "incident", label: "Belongs to", options: [[selected.id, `${selected.short} ${selected.name || selected.type}`], ["", "no incident"]] }] : []),
      ],
    });
    if (!answer) return null;
    const minutes = Number(answer.minutes || 0), untouched = was && answer.minutes === left;
    return {
      reason: answer.reason.trim(), passable: answer.passable === "yes", incident: answer.incident || "",
      until: untouched ? was.until : minutes ? Math.round(concord.boardNow() + minutes * 60) : 0,
    };
  }

  async function close(mine) {
    const title = mine.shape === "area" ? "Close the streets of an area" : "Close street";
    const words = await askWords(title, "Close", `${mine.points.length} points, ${lengthWords()}`);
    if (!words) return false;
    const body = { shape: mine.shape, points: rounded(mine.points), ...words };
    return (await concord.command("CloseStreets", body, {})).status === "accepted";
  }

  mapTools.push({
    name: "close", button: "map-close", key: "c", holds: true, at: add,
    keys: {
      " ": (scene) => add(scene, scene.pointerAt || scene.map.getCenter()),
      Enter: () => void finish(), Backspace: () => back(),
      a: () => setShape("area"), l: () => setShape("line"),
    },
    armed(scene) {
      begin(scene, { id: "", shape: "line", points: [], seen: {} });
      scene.map.on("mousemove", lead); scene.map.on("dblclick", finish);
    },
    left: end,
  });
  let toMove = null;
  mapTools.push({
    name: "move-closure", holds: true, at: () => {},
    keys: { Enter: () => void finish() },
    armed(scene) {
      begin(scene, toMove);
      parts.closures.setMoving(toMove.id);
      focusOn(0);
    },
    left: end,
  });

  concord.picture.on("closures", () => {
    if (!job || !job.id || job.busy) return;
    if (concord.picture.standingClosures().some((closure) => closure.id === job.id)) { say(); return; }
    concord.say({ status: "conflict", text: `${job.id} is open again: there is nothing left to move`, remedy: "close the street anew", took_ms: -1 });
    leave();
  });

  parts.closing = {
    askWords,
    change,
    /** Move a closure's points; `after` is called when they are saved. */
    move(id, after) {
      const closure = concord.picture.closures.get(id);
      if (!closure) return;
      const points = closure.points.map(([lon, lat]) => L.latLng(lat, lon));
      toMove = { id, shape: closure.shape, points, seen: concord.expectedOf("ChangeClosure", { closure: id }), after };
      parts.tools.arm("");
      parts.tools.arm("move-closure");
    },
  };
})();
