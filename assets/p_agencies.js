/* What each agency has used and has left; which agencies and statuses the map shows.
 * Knows sums over units. Refuses to know why a unit is where it is.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  function sums() {
    const rows = new Map();
    for (const agency of picture.agencies.values()) rows.set(agency.id, { agency, used: 0, left: 0, out: 0 });
    for (const unit of picture.units.values()) {
      const row = rows.get(unit.agency);
      if (!row || unit.duty === "off_duty") continue;
      if (unit.active) row.used++;
      else if (unit.duty === "in_service") row.left++;
      else row.out++;
    }
    return [...rows.values()].filter((r) => r.used + r.left + r.out > 0);
  }

  /** Agencies at work first, then those that answer for the selected incident, then the largest. */
  function ranked(rows) {
    const incident = picture.incidents.get(concord.selection.incident);
    const near = new Set(incident ? [incident.lead, ...(incident.agencies || [])] : []);
    const rank = (r) => (near.has(r.agency.id) ? 2 : 0) + (r.used ? 1 : 0);
    return rows.sort((a, b) => rank(b) - rank(a) || b.used - a.used || b.left - a.left || (a.agency.short < b.agency.short ? -1 : 1));
  }

  function toggle(id) {
    const all = [...picture.agencies.keys()];
    const now = new Set(concord.filter.agencies || all);
    if (now.has(id)) now.delete(id);
    else now.add(id);
    concord.setFilter({ agencies: now.size >= all.length ? null : now });
  }

  function make(row) {
    const box = h("input", { type: "checkbox", "aria-label": "Show units of " + row.agency.name, on: { change: () => toggle(row.agency.id) } });
    const name = h("button", { type: "button", class: "agency-name", title: row.agency.name + ": show only this agency" }, row.agency.short);
    name.addEventListener("click", function () {
      const only = concord.filter.agencies;
      const already = only && only.size === 1 && only.has(row.agency.id);
      concord.setFilter({ agencies: already ? null : new Set([row.agency.id]) });
    });
    const bar = ["used", "left", "outof"].map((part) => h("i", { class: "bar-" + part }));
    const node = h(
      "li",
      { class: "agency" },
      h("span", { class: "check" }, box),
      concord.unitIcon(row.agency.discipline),
      name,
      h("span", { class: "bar", "aria-hidden": "true" }, bar),
      h("b", { class: "num used" }),
      h("b", { class: "num left" }),
    );
    node.parts = { box, bar, used: node.querySelector(".used"), left: node.querySelector(".left") };
    return node;
  }

  function update(node, row) {
    const p = node.parts;
    p.box.checked = !concord.filter.agencies || concord.filter.agencies.has(row.agency.id);
    for (const [i, n] of [row.used, row.left, row.out].entries()) {
      p.bar[i].style.flexGrow = n;
      p.bar[i].hidden = !n;
    }
    concord.setText(p.used, String(row.used));
    concord.setText(p.left, String(row.left));
    // One unit of a one-unit agency standing ready is no warning; the last one while others work is.
    p.left.classList.toggle("low", row.left <= 1 && row.used > 0);
    p.left.setAttribute("aria-label", row.left + " left" + (row.left <= 1 && row.used > 0 ? ", low" : ""));
    p.used.setAttribute("aria-label", row.used + " used");
  }

  concord.mount("agency-list", function (list) {
    const all = document.getElementById("agency-all");
    const head = document.getElementById("agency-count");
    function draw() {
      if (!picture.loaded) return;
      list.removeAttribute("aria-busy");
      const rows = sums();
      const working = rows.filter((r) => r.used).length;
      concord.setText(head, working + " of " + rows.length + " at work");
      all.hidden = !concord.filter.agencies;
      concord.keyed(list, ranked(rows), (r) => r.agency.id, make, update);
    }
    const soon = concord.batched(draw);
    all.addEventListener("click", () => concord.setFilter({ agencies: null }));
    for (const kind of ["hello", "reset", "change", "filter", "selection"]) picture.on(kind, soon);
    soon();
  });

  concord.mount("status-chips", function (box) {
    const counts = new Map();
    const chips = concord.statusGroups.map(function (group) {
      const number = h("span", { class: "num" });
      counts.set(group.id, number);
      const chip = h("button", { type: "button", class: "status-chip", "aria-pressed": "true", title: group.name }, concord.statusMark(group.id), group.code, " ", number, h("span", { class: "sr" }, " units " + group.name.toLowerCase()));
      chip.addEventListener("click", function () {
        const everything = Object.keys(concord.statuses);
        const now = new Set(concord.filter.statuses || concord.statusGroups.flatMap((g) => g.statuses));
        const shown = group.statuses.every((s) => now.has(s));
        for (const s of group.statuses) shown ? now.delete(s) : now.add(s);
        const full = concord.statusGroups.every((g) => g.statuses.every((s) => now.has(s)));
        concord.setFilter({ statuses: full ? null : new Set([...now].filter((s) => everything.includes(s))) });
      });
      box.append(chip);
      return [group, chip];
    });
    function draw() {
      const per = new Map();
      for (const unit of picture.units.values()) {
        const id = concord.statusOf(unit.status).group;
        per.set(id, (per.get(id) || 0) + 1);
      }
      for (const [group, chip] of chips) {
        const on = !concord.filter.statuses || group.statuses.every((s) => concord.filter.statuses.has(s));
        const n = per.get(group.id) || 0;
        chip.setAttribute("aria-pressed", String(on));
        concord.setText(counts.get(group.id), picture.loaded ? (n < 1000 ? String(n) : (n / 1000).toFixed(1) + "k") : "");
      }
    }
    const soon = concord.batched(draw);
    for (const kind of ["reset", "change", "filter"]) picture.on(kind, soon);
    draw();
  });
})();
