/* A list of units to find one without the map, and the card of the selected one.
 * Knows words to search for and a cap on rows. Refuses to rank units for an incident: that is the recommendation.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;
  const CAP = 60;

  function make(unit) {
    const node = h("li", { class: "unit", role: "option", tabindex: "-1", id: "unit-" + unit.id, "data-unit": unit.id });
    node.parts = {
      icon: h("span", { class: "unit-icon" }),
      call: h("b"),
      agency: h("span", { class: "mut unit-agency" }),
      status: h("span", { class: "unit-status" }),
      incident: h("b", { class: "unit-incident" }),
      since: h("time", { class: "num mut" }),
    };
    const p = node.parts;
    node.append(p.icon, p.call, p.agency, p.status, p.incident, p.since);
    return node;
  }

  function update(node, unit) {
    const p = node.parts;
    if (node.look !== unit.status) {
      node.look = unit.status;
      concord.fill(p.icon, concord.unitIcon(unit.discipline, unit.status));
      concord.fill(p.status, concord.statusMark(unit.status), concord.statusOf(unit.status).code);
      p.status.title = concord.statusOf(unit.status).name;
    }
    concord.setText(p.call, unit.callsign);
    concord.setText(p.agency, (picture.agencies.get(unit.agency)?.short || unit.agency) + " · " + concord.words(unit.kind).toLowerCase());
    p.agency.title = p.agency.textContent;
    concord.setText(p.incident, unit.incident ? picture.incidents.get(unit.incident)?.short || "#" + unit.incident.replace(/^.*-0*/, "") : "");
    if (unit.since) p.since.dataset.since = unit.since;
    else delete p.since.dataset.since; // never changed since the board was opened
    concord.setText(p.since, unit.since ? concord.duration(concord.boardNow() - unit.since) : "");
    const chosen = concord.selection.unit === unit.id;
    node.setAttribute("aria-selected", String(chosen));
    node.classList.toggle("selected", chosen);
  }

  concord.mount("unit-list", function (list) {
    const search = h("input", { type: "search", class: "find-box", "aria-label": "Find units", placeholder: "Callsign, agency, capability", autocomplete: "off" });
    document.getElementById("unit-search").append(search);
    const count = document.getElementById("unit-count");

    function found() {
      const words = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
      const all = [];
      for (const unit of picture.units.values()) {
        if (!concord.shown(unit)) continue;
        const agency = picture.agencies.get(unit.agency);
        const text = [unit.id, unit.callsign, agency?.short, agency?.name, unit.kind, (unit.capabilities || []).join(" "), unit.status].join(" ").toLowerCase();
        if (words.every((w) => text.includes(w))) all.push(unit);
      }
      const exact = (u) => (words.length && words.includes(u.callsign.toLowerCase()) ? 0 : 1);
      const chosen = (u) => (u.id === concord.selection.unit ? 0 : 1);
      const busy = (u) => (u.active ? 0 : u.duty === "in_service" ? 1 : 2);
      return all.sort((a, b) => exact(a) - exact(b) || chosen(a) - chosen(b) || busy(a) - busy(b) || b.since - a.since || (a.id < b.id ? -1 : 1));
    }
    function draw() {
      if (!picture.loaded || list.closest("[hidden]")) return;
      list.removeAttribute("aria-busy");
      const units = found();
      concord.setText(count, units.length > CAP ? CAP + " of " + units.length + " shown" : concord.count(units.length, "unit"));
      if (!units.length) {
        list.keyedNodes?.clear();
        concord.fill(list, h("li", { class: "empty", role: "presentation" }, picture.units.size ? "No unit matches the search and the filter" : "No units on this board"));
        return;
      }
      // The order holds while somebody walks through the list.
      let shown = units.slice(0, CAP);
      if (list.contains(document.activeElement) && list.keyedNodes) {
        const byId = new Map(units.map((u) => [u.id, u]));
        const kept = [...list.children].map((n) => byId.get(n.dataset.unit)).filter(Boolean);
        if (kept.length) shown = kept;
      }
      concord.keyed(list, shown, (u) => u.id, make, update);
      if (!list.contains(document.activeElement)) for (const [i, row] of [...list.children].entries()) row.tabIndex = i ? -1 : 0;
    }
    const soon = concord.batched(draw);
    search.addEventListener("input", soon);
    search.addEventListener("keydown", function (event) {
      // What is chosen is what was typed, not what the list showed a frame ago.
      if (event.key === "Enter" || event.key === "ArrowDown") draw();
      if (event.key === "ArrowDown") list.firstElementChild?.focus();
      else if (event.key === "Enter" && list.firstElementChild?.dataset.unit) concord.select({ unit: list.firstElementChild.dataset.unit });
      else return;
      event.preventDefault();
    });
    list.addEventListener("click", function (event) {
      const row = event.target.closest("[data-unit]");
      if (row) concord.select({ unit: row.dataset.unit });
    });
    list.addEventListener("keydown", function (event) {
      const row = event.target.closest("[data-unit]");
      const go = row && { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: list.firstElementChild, End: list.lastElementChild };
      if (go && event.key in go) {
        if (go[event.key]) {
          row.tabIndex = -1;
          go[event.key].tabIndex = 0;
          go[event.key].focus();
        } else if (event.key === "ArrowUp") search.focus();
      } else if (row && (event.key === "Enter" || event.key === " ")) concord.select({ unit: row.dataset.unit });
      else return;
      event.preventDefault();
    });
    concord.drawUnits = soon;
    for (const kind of ["hello", "reset", "change", "filter", "selection"]) picture.on(kind, soon);
    soon();
  });

  // --- the selected unit ---
  concord.mount("unit-card", function (card) {
    let shown = "";
    function draw() {
      const unit = picture.units.get(concord.selection.unit);
      card.hidden = !unit;
      if (!unit) {
        shown = "";
        return;
      }
      const incident = picture.incidents.get(concord.selection.incident);
      const key = [unit.id, unit.v, unit.status, unit.incident, concord.selection.incident].join();
      if (key === shown) return;
      shown = key;
      const agency = picture.agencies.get(unit.agency);
      const assignment = picture.assignments.get(unit.active);
      const focused = card.contains(document.activeElement);
      const duty = (to, label) => h("button", { type: "button", class: "step", "data-command": "SetDuty", "data-unit": unit.id, "data-duty": to }, label);
      const actions = assignment && !assignment.ended ? concord.stepButtons(assignment, unit) : [];
      if (!unit.active && unit.duty === "in_service" && incident && incident.status === "Active")
        actions.push(h("button", { type: "button", class: "step step-main", "data-command": "AssignUnits", "data-incident": incident.id, "data-units": unit.id }, "Assign to " + incident.short));
      if (!unit.active && unit.duty !== "in_service") actions.push(duty("in_service", "In service"));
      if (unit.duty === "in_service" && !unit.active) actions.push(duty("out_of_service", "Out of service…"), duty("off_duty", "Off duty"));
      const facts = [concord.words(unit.kind).toLowerCase(), (unit.capabilities || []).join(" "), unit.staffing ? "crew " + unit.staffing : "", unit.station && "station " + unit.station, unit.duty_reason];
      concord.fill(
        card,
        h(
          "div",
          { class: "unit-card-head" },
          concord.unitIcon(unit.discipline, unit.status, 20),
          h("b", {}, unit.callsign),
          h("span", { class: "mut" }, agency ? agency.name : unit.agency),
          h("span", { class: "unit-status" }, concord.statusMark(unit.status), concord.statusOf(unit.status).name, unit.since ? concord.since(unit.since, "num mut") : null),
          h("button", { type: "button", class: "icon-btn", "aria-label": "Leave " + unit.callsign, on: { click: () => concord.select({ unit: "" }) } }, "×"),
        ),
        h("div", { class: "mut" }, facts.filter(Boolean).join(" · ")),
        unit.incident
          ? h("button", { type: "button", class: "link", on: { click: () => concord.select({ incident: unit.incident }) } }, "on " + (picture.incidents.get(unit.incident)?.short || unit.incident))
          : null,
        h("div", { class: "steps" }, actions),
      );
      if (focused) card.querySelector("button")?.focus();
    }
    const soon = concord.batched(draw);
    for (const kind of ["hello", "reset", "change", "selection"]) picture.on(kind, soon);
    draw();
  });

  // --- tabs: recommended units, all units ---
  concord.mount("side-tabs", function (bar) {
    const tabs = [...bar.querySelectorAll("[role=tab]")];
    concord.showTab = function (id, focus) {
      for (const tab of tabs) {
        const on = tab.id === id;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
        if (on && focus) tab.focus();
      }
      concord.drawUnits?.();
    };
    bar.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) concord.showTab(tab.id);
    });
    bar.addEventListener("keydown", function (event) {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const now = tabs.findIndex((t) => t.getAttribute("aria-selected") === "true");
      concord.showTab(tabs[(now + step + tabs.length) % tabs.length].id, true);
      event.preventDefault();
    });
    let last = { incident: "", unit: "" };
    picture.on("selection", function (now) {
      if (now.unit && now.unit !== last.unit) concord.showTab("tab-units");
      else if (now.incident !== last.incident && now.incident) concord.showTab("tab-recommended");
      last = now;
    });
  });
})();
