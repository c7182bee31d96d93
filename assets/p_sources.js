/* How fresh each agency's positions are: a dot and a name in the header, and the age of what is late.
 * Knows the limits of docs/feed.md "Ages". Refuses to count units: the server does, for all of them.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  const AGEING_S = 30;
  const STALE_S = 120;
  const LOST_S = 600;
  const SHOWN = 6;
  const RANK = { lost: 0, stale: 1, ageing: 2, fresh: 3, quiet: 4 };

  /** An agency's source: `fresh ageing stale lost`, or `quiet` when none of its units is out and nothing is expected. */
  function stateOf(source, now) {
    if (!source || !source.out) return "quiet";
    const age = source.heard ? now - source.heard : Infinity;
    return age > LOST_S ? "lost" : age > STALE_S ? "stale" : age > AGEING_S ? "ageing" : "fresh";
  }

  function ageOf(source, now) {
    return source.heard ? concord.duration(now - source.heard) : "no fix yet";
  }

  /** What the header tells of: whatever is late, longest first, then one's own agency, then those with most units out. */
  function told(now) {
    const own = concord.acting?.().agency || "";
    const rows = [];
    for (const [id, source] of picture.sources) {
      const agency = picture.agencies.get(id);
      const state = stateOf(source, now);
      if (agency && (state !== "quiet" || id === own)) rows.push({ id, agency, source, state });
    }
    const rank = (r) => Math.min(RANK[r.state], 3) - (r.id === own ? 0.5 : 0);
    return rows.sort((a, b) => rank(a) - rank(b) || b.source.out - a.source.out || (a.agency.short < b.agency.short ? -1 : 1));
  }

  concord.mount("sources", function (list) {
    const make = () => h("li", {}, h("i", { class: "dot", "aria-hidden": "true" }), h("span"), h("b", { class: "num" }));
    function update(node, row) {
      const now = concord.now();
      const late = row.state === "stale" || row.state === "lost" || row.state === "ageing";
      node.dataset.state = row.state;
      concord.setText(node.children[1], row.agency.short);
      // A second's precision would have the header flicker; late is late.
      concord.setText(node.children[2], late ? (row.state === "lost" ? "lost " : "late ") + ageOf(row.source, now) : "");
      const words = { quiet: "no unit out", fresh: "positions arrive", ageing: "ageing", stale: "stale", lost: "lost" };
      node.title = `${row.agency.name}: ${words[row.state]}; ${concord.count(row.source.out, "unit")} out, ${row.source.late} late`;
    }
    function draw() {
      if (!picture.loaded) return;
      const now = concord.now();
      const rows = told(now);
      const shown = rows.slice(0, SHOWN);
      list.hidden = !shown.length;
      concord.keyed(list, shown, (row) => row.id, make, update);
    }
    const soon = concord.batched(draw);
    for (const kind of ["reset", "sources", "tick"]) picture.on(kind, soon);
  });

  concord.sourceState = stateOf;
})();
