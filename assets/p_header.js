/* The header: link state, clock, what burns, counts; and the banner when the link is lost.
 * Knows how to say the state of things. Refuses to know how the link is kept.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const picture = concord.picture;

  concord.P1_LIMIT_S = 60;

  /** Open P1 incidents nobody is going to, longest waiting first. */
  concord.unassignedP1 = function () {
    const now = concord.boardNow();
    return picture.open().filter((i) => i.priority === 1 && i.phase === "unassigned" && now - i.received > concord.P1_LIMIT_S);
  };

  concord.mount("link-state", function (box) {
    const dot = h("i", { class: "dot", "aria-hidden": "true" });
    const text = h("span", { class: "num" });
    box.append(dot, text);
    function draw() {
      const { state, age } = concord.link;
      const seconds = age < 10 ? age.toFixed(1) + " s" : concord.duration(age);
      const words = { connecting: "CONNECTING", fresh: "LIVE " + seconds, ageing: "LATE " + seconds, lost: "LOST " + seconds };
      box.dataset.state = state;
      concord.setText(text, concord.link.signIn ? "SIGNED OUT" : words[state]);
    }
    picture.on("age", draw);
    picture.on("link", draw);
    draw();
  });

  concord.mount("banner", function (banner) {
    function draw() {
      const { state, storeOk, signIn } = concord.link;
      const asOf = picture.loaded ? " · AS OF " + concord.clockTime(concord.boardNow() - concord.link.age * picture.clock.rate) : "";
      let text = "";
      if (signIn) text = "SIGNED OUT" + asOf + " · sign in again: reload the page";
      else if (state === "lost") text = "LINK LOST" + asOf + " · commands are refused · connecting again by itself";
      else if (!storeOk) text = "THE BOARD HAS LOST ITS STORE" + asOf + " · commands are refused until it is back";
      banner.hidden = !text;
      // The moment the picture is of stands still while the link is lost: said once, not every second.
      concord.setText(banner, text);
    }
    picture.on("link", draw);
  });

  concord.mount("clock", function (box) {
    const time = h("div", { class: "clock num" });
    const day = h("b");
    const zone = h("span");
    box.append(time, h("div", { class: "two" }, day, zone));
    let dayWords, zoneWord;
    function words() {
      const timeZone = concord.zone();
      dayWords = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", day: "numeric", month: "short", year: "numeric" });
      zoneWord = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "short" });
    }
    words();
    function draw() {
      const now = new Date(concord.boardNow() * 1000);
      concord.setText(time, concord.clockTime(now / 1000));
      concord.setText(day, dayWords.format(now).replace(",", ""));
      const name = zoneWord.formatToParts(now).find((part) => part.type === "timeZoneName");
      const rate = picture.clock.rate;
      concord.setText(zone, (name ? name.value : "") + (rate !== 1 ? " · ×" + rate : ""));
    }
    // On the second, not up to one late.
    (function beat() {
      draw();
      setTimeout(beat, 1000 - ((concord.boardNow() * 1000) % 1000) + 5);
    })();
    picture.on("hello", () => { words(); draw(); });
  });

  concord.mount("alarm", function (box) {
    let shown = "";
    function draw() {
      const waiting = picture.loaded ? concord.unassignedP1() : [];
      box.hidden = !waiting.length;
      const key = waiting.map((i) => i.id).join();
      if (key === shown) return;
      shown = key;
      if (!waiting.length) return box.replaceChildren();
      const first = waiting[0];
      const next = waiting[1];
      const timer = concord.since(first.received, "num", true);
      timer.setAttribute("aria-hidden", "true"); // the box is spoken when it changes, not every second
      concord.fill(
        box,
        h("span", { class: "chip red" }, concord.count(waiting.length, "alarm")),
        h("span", { class: "alarm-text" }, "P1 " + first.short + " unassigned ", timer),
        next ? h("span", { class: "mut alarm-next" }, "next: " + next.short) : null,
        h("button", { type: "button", class: "btn", on: { click: concord.nextUnassigned } }, "Show", h("kbd", {}, "F4")),
      );
    }
    for (const kind of ["reset", "change", "tick"]) picture.on(kind, draw);
  });

  /** Selects the next open incident without a unit, P1 first, going round. */
  concord.nextUnassigned = function () {
    const waiting = picture.open().filter((i) => i.phase === "unassigned");
    if (!waiting.length) {
      concord.say({ status: "accepted", text: "no incident waits for a unit", rule: "", took_ms: -1 });
      return;
    }
    const at = waiting.findIndex((i) => i.id === concord.selection.incident);
    concord.select({ incident: waiting[(at + 1) % waiting.length].id });
    concord.focusIncident?.();
  };

  concord.mount("summary", function (box) {
    function draw() {
      if (!picture.loaded) return;
      let committed = 0;
      for (const unit of picture.units.values()) if (unit.active) committed++;
      // Counted by the server: this page hears only of what it shows.
      let late = 0;
      for (const source of picture.sources.values()) late += source.late;
      const agencies = new Set();
      for (const a of picture.assignments.values()) if (!a.ended) agencies.add(a.agency);
      const facts = [[picture.open().length, "open"], [committed, "units committed"], [agencies.size, "agencies at work"]];
      if (late) facts.push([late, "positions late"]);
      concord.keyed(
        box,
        facts,
        (fact) => fact[1],
        (fact) => h("span", { class: fact[1] === "positions late" ? "fact late" : "fact" }, h("b", { class: "num" }), " " + fact[1]),
        (node, fact) => concord.setText(node.firstElementChild, String(fact[0])),
      );
    }
    const soon = concord.batched(draw);
    for (const kind of ["reset", "change", "tick", "sources"]) picture.on(kind, soon);
  });
})();
