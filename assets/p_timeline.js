/* The units of the selected incident: a bar per unit through its statuses, timers, and the next likely steps.
 * Knows stamps and the order of statuses. Refuses to judge a step: the server's status table does.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  const ORDER = ["reserved", "dispatched", "acknowledged", "en_route", "staging", "on_scene", "transporting", "at_destination", "cleared", "cancelled"];
  const GLYPH = { dispatched: "!", acknowledged: "", en_route: "›", staging: "S", on_scene: "•", transporting: "H", at_destination: "H" };
  const TICKS_S = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
  const NEXT = {
    reserved: [["dispatched", "DP"], ["cancelled", "X"]],
    dispatched: [["acknowledged", "ACK"], ["en_route", "ER"], ["on_scene", "OS"], ["cancelled", "X"]],
    acknowledged: [["en_route", "ER"], ["on_scene", "OS"], ["cancelled", "X"]],
    en_route: [["staging", "ST"], ["on_scene", "OS"], ["cancelled", "X"]],
    staging: [["on_scene", "OS"], ["cancelled", "X"]],
    on_scene: [["transporting", "TR"], ["cleared", "AV"]],
    transporting: [["at_destination", "HO"], ["cleared", "AV"]],
    at_destination: [["cleared", "AV"]],
  };
  // Whoever carries nobody is not offered to transport: one press less to choose from.
  const CARRIES = new Set(["ems", "law", "sar", "coast_guard", "health"]);

  /** The buttons that lead on from an assignment's status. */
  concord.stepButtons = function (assignment, unit) {
    const steps = (NEXT[assignment.status] || []).filter(([to]) => to !== "transporting" || CARRIES.has(unit?.discipline));
    const name = unit ? unit.callsign : assignment.unit;
    return steps.map(function ([to, label]) {
      const words = to === "cleared" ? "clear, available" : to === "cancelled" ? "cancel" : concord.statusOf(to).name.toLowerCase();
      return h(
        "button",
        {
          type: "button",
          class: to === "cancelled" ? "step step-cancel" : "step",
          "data-command": "ChangeStatus",
          "data-assignment": assignment.id,
          "data-status": to,
          "aria-label": label + " " + name + ": " + words,
          title: name + ": " + words,
        },
        label,
      );
    });
  };

  function stampsOf(a) {
    return ORDER.filter((s) => a.stamps && a.stamps[s]).map((s) => [s, a.stamps[s]]).sort((x, y) => x[1] - y[1]);
  }

  function make() {
    const node = h("li", { class: "lane", tabindex: "-1" });
    node.parts = {
      agency: h("span", { class: "lane-agency mut" }),
      call: h("button", { type: "button", class: "lane-call" }),
      track: h("span", { class: "track", "aria-hidden": "true" }),
      now: h("span", { class: "lane-now num" }),
      steps: h("span", { class: "steps" }),
    };
    const p = node.parts;
    p.call.addEventListener("click", () => concord.select({ unit: node.dataset.unit }));
    node.append(p.agency, p.call, p.track, p.now, p.steps);
    return node;
  }

  concord.mount("lanes", function (list) {
    const axis = document.getElementById("lane-axis");
    const flags = document.getElementById("lane-flags");
    let span = [0, 1];
    const at = (t) => Math.max(0, Math.min(100, ((t - span[0]) / (span[1] - span[0])) * 100));

    function rows(incident) {
      const found = picture.assignmentsOf(incident.id);
      const lead = (a) => (a.agency === incident.lead ? 0 : 1);
      const first = (a) => Math.min(...Object.values(a.stamps || {}), Infinity);
      return found.sort((a, b) => a.ended - b.ended || lead(a) - lead(b) || (a.agency < b.agency ? -1 : a.agency > b.agency ? 1 : 0) || first(a) - first(b) || (a.unit < b.unit ? -1 : 1));
    }

    function bars(a, end) {
      const stamps = stampsOf(a).filter(([s]) => s !== "reserved");
      const pieces = [];
      stamps.forEach(function ([status, from], i) {
        if (status === "cleared" || status === "cancelled") return;
        const to = i + 1 < stamps.length ? stamps[i + 1][1] : end;
        const last = i === stamps.length - 1;
        const group = concord.statusOf(status).group;
        const piece = h("i", { class: "seg seg-" + group + (status === "staging" ? " seg-staging" : "") + (last ? " seg-now" : "") });
        const left = at(from);
        const width = Math.max(0.25, at(to) - left);
        piece.style.left = left + "%";
        piece.style.width = width + "%";
        if (width > 1.2) piece.textContent = GLYPH[status] || "";
        pieces.push(piece);
      });
      return pieces;
    }

    function update(node, [a, first, end]) {
      const p = node.parts;
      const unit = picture.units.get(a.unit);
      const agency = picture.agencies.get(a.agency);
      node.dataset.unit = a.unit;
      node.classList.toggle("ended", Boolean(a.ended));
      node.classList.toggle("selected", concord.selection.unit === a.unit);
      node.classList.toggle("first", first);
      concord.setText(p.agency, first ? (agency ? agency.short : a.agency) : "");
      p.agency.title = agency ? agency.name : a.agency;
      concord.setText(p.call, unit ? unit.callsign : a.unit);
      const status = concord.statusOf(a.status);
      p.call.setAttribute("aria-label", (unit ? unit.callsign : a.unit) + ", " + status.name + (agency ? ", " + agency.name : "") + (a.clause ? ", under " + a.clause : ""));
      p.call.title = status.name + (a.clause ? " · " + a.clause : "") + (a.override_reason ? " · override: " + a.override_reason : "");
      p.track.replaceChildren(...bars(a, end));
      const since = a.stamps && a.stamps[a.status];
      const clock = since ? (a.ended ? concord.clockTime(since, true) : concord.duration(end - since)) : "";
      concord.setText(p.now, (a.ended ? status.name.toLowerCase() : status.code) + " " + clock);
      p.now.classList.toggle("mut", a.status !== "on_scene" || Boolean(a.ended));
      if (p.steps.dataset.status !== a.status + a.id) {
        p.steps.dataset.status = a.status + a.id;
        const hadFocus = p.steps.contains(document.activeElement);
        concord.fill(p.steps, a.ended ? [] : concord.stepButtons(a, unit));
        if (hadFocus) (p.steps.querySelector("button") || p.call).focus();
      }
    }

    function drawAxis(now) {
      const length = span[1] - span[0];
      const room = Math.max(200, axis.clientWidth);
      const step = TICKS_S.find((s) => (length / s) * (s < 60 ? 72 : 50) <= room) || 28800;
      const marks = [];
      // Ticks on whole local minutes: the clock on the wall has the same ones.
      const shift = -concord.zoneShift(span[0]);
      for (let t = Math.ceil((span[0] - shift) / step) * step + shift; t <= span[1]; t += step) {
        const mark = h("span", { class: "tick num" }, concord.clockTime(t, step >= 60));
        mark.style.left = at(t) + "%";
        if (Math.abs(at(t) - at(now)) * room < (step < 60 ? 6400 : 5400)) mark.classList.add("near");
        marks.push(mark);
      }
      const here = h("span", { class: "tick now num" }, concord.clockTime(now));
      here.style.left = at(now) + "%";
      axis.replaceChildren(...marks, here);
      list.closest(".timeline").style.setProperty("--now", at(now) / 100);
    }

    // Streets closed and opened again for this incident, as its log tells.
    function streets(incident) {
      const told = (picture.log.get(incident.id) || []).filter((e) => e.kind === "closure" && e.text.startsWith("Streets "));
      return told.map((e) => [e.text.split(/[,:]/)[0], e.at, e.text]);
    }

    function drawFlags(incident, found) {
      const first = (status) => Math.min(...found.map((a) => (a.stamps && a.stamps[status]) || Infinity));
      const marks = [
        ["Received", incident.received],
        ["Dispatched", first("dispatched")],
        ["First en route", first("en_route")],
        ["First on scene", first("on_scene")],
        ["Closed", incident.closed_at || Infinity],
        ...streets(incident),
      ].filter(([, t]) => Number.isFinite(t));
      marks.sort((a, b) => a[1] - b[1]);
      const ends = [-100, -100];
      flags.replaceChildren(
        ...marks.map(function ([text, t, about]) {
          const x = at(t);
          // Two lines for the words; a mark that fits on neither stands without.
          const line = x >= ends[0] ? 0 : 1;
          const fits = x >= ends[line];
          if (fits) ends[line] = x + (100 * (text.length * 6.5 + 20)) / Math.max(300, flags.clientWidth);
          const flag = h("span", { class: "flag flag-" + line + (fits ? "" : " flag-bare") }, fits ? text : "");
          flag.style.left = x + "%";
          flag.title = concord.clockTime(t) + (about ? " " + about : "");
          return flag;
        }),
      );
    }

    function draw() {
      const incident = concord.selectedIncident();
      const wrap = list.closest(".timeline");
      wrap.classList.toggle("idle", !incident);
      // The scroll bar's width, where there is one: axis and bars must stay in line.
      wrap.style.setProperty("--gutter", list.offsetWidth - list.clientWidth + "px");
      if (!incident) {
        list.keyedNodes?.clear();
        list.replaceChildren();
        axis.replaceChildren();
        flags.replaceChildren();
        return;
      }
      const found = rows(incident);
      const now = incident.status === "Active" ? concord.boardNow() : incident.closed_at || concord.boardNow();
      const start = Math.min(incident.received, ...found.flatMap((a) => Object.values(a.stamps || {})));
      const lead = Math.max(now - start, 150);
      span = [start - lead * 0.03, start + lead * 1.12];
      drawAxis(now);
      drawFlags(incident, found);
      if (!found.length) {
        list.keyedNodes?.clear();
        concord.fill(list, h("li", { class: "empty" }, "No unit assigned yet. Choose from the recommended units, or a unit on the map."));
        return;
      }
      let before = "";
      const items = found.map(function (a) {
        const first = a.agency !== before;
        before = a.agency;
        return [a, first, now];
      });
      concord.keyed(list, items, ([a]) => a.id, make, update);
    }
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "selection", "tick"]) picture.on(kind, soon);
    new ResizeObserver(soon).observe(list);
    draw();
  });
})();
