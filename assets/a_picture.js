/* The page's copy of the board: records by id, who is selected, what is filtered, who listens.
 * Knows what the feed last said. Refuses to know how it came (b_live.js) and how it is drawn.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const listeners = new Map();

  const picture = {
    agencies: new Map(),
    units: new Map(),
    incidents: new Map(),
    assignments: new Map(),
    /** incident id -> entries, newest last */
    log: new Map(),
    /** unit id -> {lon, lat, heading, speed, at} */
    positions: new Map(),
    /** streets closed and not reopened; one with an end may be over: see standingClosures() */
    closures: new Map(),
    /** assistance requests this reader is a side of, of the incidents shown */
    requests: new Map(),
    seq: 0,
    loaded: false,
    lastClosed: 0,
    clock: { base: 0, at: 0, rate: 1 },
    link: null,
    board: { name: "", title: "", note: "" },
    on(kind, fn) {
      if (!listeners.has(kind)) listeners.set(kind, []);
      listeners.get(kind).push(fn);
    },
    emit(kind, what) {
      for (const fn of listeners.get(kind) || []) {
        // One panel's fault must not keep the next from the news.
        try {
          fn(what);
        } catch (error) {
          console.error("listener of " + kind, error);
        }
      }
    },
  };
  concord.picture = picture;
  /** Milliseconds to add to this machine's clock to get the server's. */
  concord.clockOffset = 0;
  concord.now = () => (Date.now() + concord.clockOffset) / 1000;
  concord.boardNow = function () {
    const clock = picture.clock;
    return clock.base ? clock.base + (concord.now() - clock.at) * clock.rate : concord.now();
  };

  /** Board time at a server time: what a fix's or a frame's time is called on this board. */
  concord.boardTime = function (at) {
    const clock = picture.clock;
    return clock.base ? clock.base + (at - clock.at) * clock.rate : at;
  };

  const byIncident = new Map(); // incident id -> Set of assignment ids

  function place(map, records, touched) {
    for (const record of records || []) {
      map.set(record.id, record);
      touched.add(record.id);
      if (map !== picture.assignments) continue;
      if (!byIncident.has(record.incident)) byIncident.set(record.incident, new Set());
      byIncident.get(record.incident).add(record.id);
    }
  }

  // A merged delta after a reconnect may repeat what we have: an entry is the same when number, kind and text are.
  function append(entries, touched) {
    for (const entry of entries || []) {
      if (!entry.incident) continue;
      let list = picture.log.get(entry.incident);
      if (!list) picture.log.set(entry.incident, (list = []));
      const known = list.slice(-40).some((e) => e.seq === entry.seq && e.kind === entry.kind && e.text === entry.text);
      if (known) continue;
      list.push(entry);
      if (list.length > 1 && list[list.length - 2].seq > entry.seq) list.sort((a, b) => a.seq - b.seq);
      touched.add(entry.incident);
    }
  }

  function close(records, touched) {
    place(picture.closures, records, touched);
    for (const id of touched) if (picture.closures.get(id).reopened_at) picture.closures.delete(id);
  }

  // What was shared and is no longer leaves the page whole: record, assignments, log.
  function drop(numbers, change) {
    for (const id of numbers || []) {
      for (const assignment of byIncident.get(id) || []) picture.assignments.delete(assignment);
      byIncident.delete(id);
      picture.incidents.delete(id);
      picture.log.delete(id);
      for (const request of picture.requests.values()) if (request.incident === id) picture.requests.delete(request.id);
      change.incidents.add(id);
      change.log.add(id);
      if (concord.selection.incident === id) {
        concord.select({ incident: "" });
        concord.say?.({ status: "refused", text: "that incident is no longer shared with you", rule: "", took_ms: -1 });
      }
    }
  }

  /** The whole picture anew. */
  picture.reset = function (frame) {
    for (const map of [picture.units, picture.incidents, picture.assignments, picture.closures, picture.requests, picture.log, byIncident]) map.clear();
    place(picture.requests, frame.requests, new Set());
    close(frame.closures, new Set());
    place(picture.units, frame.units, new Set());
    place(picture.incidents, frame.incidents, new Set());
    place(picture.assignments, frame.assignments, new Set());
    append(frame.log, new Set());
    picture.seq = frame.seq;
    picture.lastClosed = frame.last_closed || 0;
    for (const id of picture.positions.keys()) if (!picture.units.has(id)) picture.positions.delete(id);
    picture.loaded = true;
    picture.emit("reset");
    closuresChanged();
    if (concord.selection.incident && !picture.incidents.has(concord.selection.incident)) concord.select({ incident: "" });
  };

  /** What changed; returns the touched ids. */
  picture.apply = function (frame) {
    const change = { units: new Set(), incidents: new Set(), assignments: new Set(), log: new Set(), closures: new Set() };
    drop(frame.gone, change);
    for (const id of frame.relog || []) picture.log.delete(id);
    place(picture.units, frame.units, change.units);
    place(picture.incidents, frame.incidents, change.incidents);
    place(picture.assignments, frame.assignments, change.assignments);
    append(frame.log, change.log);
    place(picture.requests, frame.requests, new Set());
    for (const request of frame.requests || []) change.incidents.add(request.incident);
    close(frame.closures, change.closures);
    for (const record of frame.incidents || []) picture.lastClosed = Math.max(picture.lastClosed, record.closed_at || 0);
    picture.seq = frame.seq;
    picture.emit("change", change);
    if (change.closures.size) closuresChanged();
    return change;
  };

  /** Closures in force now, oldest first. What the feed tells of has begun; its end comes by board time. */
  picture.standingClosures = function () {
    const now = concord.boardNow();
    return [...picture.closures.values()].filter((c) => !c.until || now < c.until).sort((a, b) => a.since - b.since);
  };

  let stood = "";
  function closuresChanged() {
    stood = picture.standingClosures().map((c) => c.id).join();
    picture.emit("closures");
  }
  // No event says that a closure's time is over.
  function endClosures() {
    if (stood !== picture.standingClosures().map((c) => c.id).join()) closuresChanged();
  }

  /** Unit ids by the number that stands for them in frames of positions. */
  picture.numbers = [];
  let numbered = new Set();
  picture.number = function (first, units) {
    picture.numbers.length = first;
    for (const unit of units) picture.numbers.push(unit);
    numbered = new Set(picture.numbers);
    if (first) picture.emit("unplaced", units); // they begin to report; those in sight say where in a moment
  };

  // A frame of positions (docs/feed.md): a head of 16 bytes, then 20 for each unit, all little-endian.
  const HEAD_BYTES = 16;
  const ROW_BYTES = 20;
  const WHOLE = 1; // flag: all there are in what this page shows
  /** Newest fix of a unit wins, whatever order the frames came in. Places are changed where they stand: a thousand
      new objects four times a second would be a thousand to clear away again. Returns the frame's server time. */
  picture.move = function (buffer) {
    const view = new DataView(buffer);
    const at = view.getFloat64(8, true);
    const moved = [];
    const told = view.getUint8(1) & WHOLE ? new Set() : null;
    for (let i = HEAD_BYTES; i + ROW_BYTES <= view.byteLength; i += ROW_BYTES) {
      const unit = picture.numbers[view.getUint32(i, true)];
      const fixed = at - view.getUint32(i + 12, true) / 1000;
      if (unit === undefined) continue; // its number is on the way
      told?.add(unit);
      let place = picture.positions.get(unit);
      if (!place) picture.positions.set(unit, (place = { lon: 0, lat: 0, heading: -1, speed: 0, at: -Infinity }));
      // A frame's times are cut to milliseconds: a fix told again may look a hair older than before.
      if (place.at > fixed + 0.002) continue;
      place.lon = view.getInt32(i + 4, true) / 1e7;
      place.lat = view.getInt32(i + 8, true) / 1e7;
      place.heading = view.getInt16(i + 16, true);
      place.speed = view.getUint16(i + 18, true) / 10;
      place.at = fixed;
      moved.push(unit);
    }
    if (told) forgetPlaces(told);
    if (moved.length) picture.emit("positions", moved);
    return at;
  };

  // Whoever is not in what this page shows goes on unseen: where it was is no longer where it is.
  function forgetPlaces(told) {
    const lost = [];
    for (const unit of picture.positions.keys()) if (!told.has(unit)) lost.push(unit);
    for (const unit of lost) picture.positions.delete(unit);
    if (lost.length) picture.emit("unplaced", lost);
  }
  /** Whether a unit has said where it is, to the server; this page knows the place only if it lies in what it shows. */
  picture.hasFix = function (unit) {
    return numbered.has(unit);
  };

  /** agency id -> {heard: server time of the newest fix (0 never), out: units expected to report, late: those that are} */
  picture.sources = new Map();
  picture.hear = function (rows) {
    picture.sources = new Map(rows.map(([agency, heard, out, late]) => [agency, { heard, out, late }]));
    picture.emit("sources");
  };

  /** Assignments of an incident; `activeOnly` leaves out ended and merely reserved ones. */
  picture.assignmentsOf = function (incident, activeOnly) {
    const found = [];
    for (const id of byIncident.get(incident) || []) {
      const a = picture.assignments.get(id);
      if (!a || (activeOnly && (a.ended || a.status === "reserved"))) continue;
      found.push(a);
    }
    return found;
  };

  /** Open incidents by priority, then oldest. */
  picture.open = function () {
    const open = [...picture.incidents.values()].filter((i) => i.status === "Active");
    return open.sort((a, b) => a.priority - b.priority || a.received - b.received || (a.id < b.id ? -1 : 1));
  };

  /** Incident ids that have at least one unit on the way or there. */
  picture.served = function () {
    const served = new Set();
    for (const a of picture.assignments.values()) if (!a.ended && a.status !== "reserved") served.add(a.incident);
    return served;
  };

  // What left the list ten minutes ago is no longer kept: a page stays open for a whole shift.
  function forget() {
    const before = concord.boardNow() - 600;
    for (const incident of [...picture.incidents.values()]) {
      if (incident.status === "Active" || !incident.closed_at || incident.closed_at > before) continue;
      if (incident.id === concord.selection.incident) continue;
      picture.incidents.delete(incident.id);
      picture.log.delete(incident.id);
      for (const request of picture.requests.values()) if (request.incident === incident.id) picture.requests.delete(request.id);
      for (const a of picture.assignmentsOf(incident.id)) if (a.ended) picture.assignments.delete(a.id);
      if (!picture.assignmentsOf(incident.id).length) byIncident.delete(incident.id);
    }
  }

  concord.selection = { incident: "", unit: "" };
  concord.select = function (wanted) {
    const next = { ...concord.selection, ...wanted };
    if (next.incident === concord.selection.incident && next.unit === concord.selection.unit) return;
    concord.selection = next;
    keepInUrl();
    picture.emit("selection", next);
  };

  // --- filter: what is not asked for is null, never an empty set ---
  concord.filter = { agencies: null, statuses: null };
  concord.setFilter = function (wanted) {
    concord.filter = { ...concord.filter, ...wanted };
    keepInUrl();
    picture.emit("filter", concord.filter);
  };
  /** Whether a unit passes the filter. */
  concord.shown = function (unit) {
    const { agencies, statuses } = concord.filter;
    return (!agencies || agencies.has(unit.agency)) && (!statuses || statuses.has(unit.status));
  };

  function keepInUrl() {
    const query = new URLSearchParams(location.search);
    const put = (name, value) => (value ? query.set(name, value) : query.delete(name));
    put("agencies", concord.filter.agencies && [...concord.filter.agencies].join(","));
    put("status", concord.filter.statuses && [...concord.filter.statuses].join(","));
    put("incident", concord.selection.incident);
    const text = query.toString().replace(/%2C/g, ",").replace(/%2F/g, "/");
    history.replaceState(history.state, "", location.pathname + (text ? "?" + text : "") + location.hash);
  }
  (function readUrl() {
    const query = new URLSearchParams(location.search);
    const set = (name) => (query.get(name) ? new Set(query.get(name).split(",")) : null);
    concord.filter = { agencies: set("agencies"), statuses: set("status") };
    concord.selection = { incident: query.get("incident") || "", unit: "" };
  })();

  let seconds = 0;
  setInterval(function () {
    concord.tickSince();
    endClosures();
    picture.emit("tick");
    if (++seconds % 30 === 0) forget();
  }, 1000);
})();
