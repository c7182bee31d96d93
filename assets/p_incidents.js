/* The list of open incidents: by priority, then oldest; it holds still while somebody is in it.
 * Knows rows, focus and order. Refuses to decide anything about an incident.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  /** Units at work on an incident per discipline, in the order they are usually told. */
  function mix(incident) {
    const counts = new Map();
    for (const a of picture.assignmentsOf(incident, true)) {
      const d = picture.units.get(a.unit)?.discipline || picture.agencies.get(a.agency)?.discipline || "other";
      counts.set(d, (counts.get(d) || 0) + 1);
    }
    const order = ["fire", "ems", "law"];
    const rank = (d) => (order.indexOf(d) + 1 || 9) + d;
    return [...counts].sort((a, b) => (rank(a[0]) < rank(b[0]) ? -1 : 1));
  }

  function make(incident) {
    const row = h("li", { class: "card", role: "option", tabindex: "-1", id: "incident-" + incident.id, "data-incident": incident.id });
    row.parts = {
      icon: h("span", { class: "card-icon" }),
      number: h("b"),
      type: h("span", { class: "card-type" }),
      timer: concord.since(incident.received, "timer num", true),
      address: h("div", { class: "card-address" }),
      units: h("div", { class: "card-units" }),
      warning: h("span", { class: "card-warning", hidden: true }),
    };
    const p = row.parts;
    row.append(p.icon, h("div", { class: "card-body" }, h("div", { class: "card-title" }, p.number, p.type, p.warning, p.timer), p.address, p.units));
    return row;
  }

  function update(row, incident) {
    const p = row.parts;
    const look = incident.symbol + incident.priority;
    if (row.look !== look) {
      row.look = look;
      concord.fill(p.icon, concord.incidentIcon(incident.symbol, incident.priority));
    }
    concord.setText(p.number, incident.short);
    concord.setText(p.type, incident.name || incident.type);
    concord.setText(p.address, incident.address || incident.lat.toFixed(4) + ", " + incident.lon.toFixed(4));
    p.address.title = p.address.textContent;
    p.timer.dataset.since = incident.received;
    const counts = mix(incident.id);
    const waited = concord.boardNow() - incident.received;
    const alarm = incident.phase === "unassigned" && incident.priority === 1 && waited > concord.P1_LIMIT_S;
    const state = JSON.stringify([counts, alarm, incident.phase]);
    if (row.state !== state) {
      row.state = state;
      row.classList.toggle("alarmed", alarm);
      if (counts.length) {
        concord.fill(
          p.units,
          counts.map(([d, n]) => h("span", { class: "mix num" }, concord.unitIcon(d), h("span", { class: "sr" }, concord.words(d) + " "), n)),
        );
      } else if (alarm) concord.fill(p.units, h("span", { class: "chip red" }, "UNASSIGNED"), h("span", { class: "mut" }, "limit 01:00"));
      else concord.fill(p.units, h("span", { class: "chip out" }, incident.phase === "clear" ? "all units clear" : "unassigned"));
    }
    const warned = (incident.warnings || []).filter((w) => w.severity !== "note").map((w) => w.text).join(". ");
    if (row.warned !== warned) {
      row.warned = warned;
      p.warning.hidden = !warned;
      p.warning.title = warned;
      concord.fill(p.warning, warned ? [h("span", { "aria-hidden": "true" }, "⚠"), h("span", { class: "sr" }, "Warning: " + warned)] : []);
    }
    const selected = concord.selection.incident === incident.id;
    row.setAttribute("aria-selected", String(selected));
    row.classList.toggle("selected", selected);
  }

  concord.mount("incident-list", function (list) {
    const header = document.getElementById("incident-count");
    const pill = document.getElementById("incident-new");
    let order = []; // ids as shown
    let inside = false;

    const held = () => inside || list.contains(document.activeElement);

    function draw() {
      if (!picture.loaded) return;
      list.removeAttribute("aria-busy");
      const open = picture.open();
      const byId = new Map(open.map((i) => [i.id, i]));
      let fresh = 0;
      if (held() && order.length) {
        const kept = order.filter((id) => byId.has(id));
        const known = new Set(kept);
        fresh = open.filter((i) => !known.has(i.id)).length;
        order = kept;
      } else order = open.map((i) => i.id);
      concord.setText(header, concord.count(open.length, "open", "open") + " · " + open.filter((i) => i.priority === 1).length + " P1");
      pill.hidden = !fresh;
      concord.setText(pill, fresh + " new");
      if (!open.length) {
        const last = picture.lastClosed ? " · last closed " + concord.clockTime(picture.lastClosed, true) : "";
        list.keyedNodes?.clear();
        concord.fill(list, h("li", { class: "empty", role: "presentation" }, "No open incidents" + last));
        return;
      }
      concord.keyed(list, order.map((id) => byId.get(id)), (i) => i.id, make, update);
      rove();
    }

    // One row is in the tab order: the selected one, or the first.
    function rove() {
      if (list.contains(document.activeElement) && document.activeElement.dataset.incident) return;
      const rows = [...list.children];
      const home = rows.find((r) => r.dataset.incident === concord.selection.incident) || rows[0];
      for (const row of rows) row.tabIndex = row === home ? 0 : -1;
    }
    function focusRow(row) {
      if (!row) return;
      for (const other of list.children) other.tabIndex = other === row ? 0 : -1;
      row.focus();
      row.scrollIntoView({ block: "nearest" });
    }
    /** Puts the focus on the selected incident's row. */
    concord.focusIncident = function () {
      draw();
      focusRow([...list.children].find((r) => r.dataset.incident === concord.selection.incident));
    };

    list.addEventListener("click", function (event) {
      const row = event.target.closest("[data-incident]");
      if (!row) return;
      focusRow(row);
      concord.select({ incident: row.dataset.incident, unit: "" });
    });
    list.addEventListener("keydown", function (event) {
      const row = event.target.closest("[data-incident]");
      if (!row) return;
      const go = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: list.firstElementChild, End: list.lastElementChild };
      if (event.key in go) focusRow(go[event.key]);
      else if (event.key === "Enter" || event.key === " ") concord.select({ incident: row.dataset.incident, unit: "" });
      else return;
      event.preventDefault();
    });
    const soon = concord.batched(draw);
    list.addEventListener("pointerenter", () => (inside = true));
    list.addEventListener("pointerleave", () => {
      inside = false;
      soon();
    });
    list.addEventListener("focusout", soon);
    pill.addEventListener("click", function () {
      inside = false;
      if (list.contains(document.activeElement)) document.activeElement.blur();
      draw();
      list.scrollTop = 0;
    });
    for (const kind of ["reset", "change", "selection", "tick"]) picture.on(kind, soon);
    soon();
  });
})();
