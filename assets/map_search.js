/* Search on the map: coordinates in any notation, names and addresses of the region, incidents and units.
 *
 * Knows the combobox, the place that was chosen and copying. Refuses to find anything: the server answers.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});
  const overlays = (parts.overlays = parts.overlays || []);

  const WAIT_MS = 180; // after the last key
  const WORDS = { coordinates: "Coordinates", incident: "Incident", unit: "Unit", address: "Address", crossing: "Crossing", street: "Street", place: "Place", station: "Station", area: "Area" };

  let scene = null, timer = 0, serial = 0, results = [], active = -1, waiting = null;

  /** Asks the server; `then` gets its answer, once, unless a later question overtook it. */
  concord.searchPlaces = function (text, then) {
    serial = Date.now() + Math.random();
    waiting = { t: serial, then };
    try {
      window.dash_clientside.set_props("search-query", { data: { text, t: serial } });
    } catch {
      then({ results: [], problem: "not connected yet; try again" });
    }
  };

  function build(box) {
    const h = concord.h;
    const input = h("input", { type: "search", class: "find-box map-find", role: "combobox", "aria-label": "Find a place, incident or unit", "aria-expanded": "false", "aria-controls": "map-found", "aria-autocomplete": "list", placeholder: "Find: name, address, coordinates", autocomplete: "off", spellcheck: "false", maxlength: 120 });
    const list = h("ul", { id: "map-found", class: "map-found", role: "listbox", "aria-label": "Places found", hidden: true });
    const status = h("div", { class: "map-found-status", role: "status" });
    const place = h("section", { class: "map-place", "aria-label": "Place found", hidden: true });
    box.append(input, list, status, place);

    function show(open) {
      list.hidden = !open;
      input.setAttribute("aria-expanded", String(open));
      if (!open) { active = -1; input.removeAttribute("aria-activedescendant"); }
    }
    function mark() {
      for (const [n, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(n === active));
      if (active >= 0) { input.setAttribute("aria-activedescendant", "map-found-" + active); list.children[active].scrollIntoView({ block: "nearest" }); }
      else input.removeAttribute("aria-activedescendant");
    }
    function took(answer) {
      results = answer.results;
      active = results.length ? 0 : -1;
      concord.setText(status, answer.problem || (input.value.trim() ? (results.length ? concord.count(results.length, "place") + " found" : "Nothing found. Try a street, a town, 37.78, -122.42 or a plus code") : ""));
      status.classList.toggle("warn", Boolean(answer.problem));
      status.classList.toggle("map-hidden", results.length > 0);
      concord.fill(list, results.map((one, n) => h("li", { role: "option", id: "map-found-" + n, "aria-selected": String(n === active), on: { mousedown: (event) => { event.preventDefault(); choose(n); } } },
        h("span", { class: "mut map-found-kind" }, WORDS[one.kind] || one.kind), h("b", {}, one.title), " ", h("span", { class: "mut" }, [one.detail, one.note].filter(Boolean).join(" · ")))));
      show(results.length > 0 && document.activeElement === input);
      mark();
    }
    function ask() {
      clearTimeout(timer);
      const text = input.value.trim();
      if (!text) { took({ results: [] }); return; }
      concord.searchPlaces(text, took);
    }
    function choose(n) {
      const one = results[n];
      if (!one) return;
      show(false);
      const zoom = one.kind === "area" || one.kind === "place" ? 13 : 15;
      scene.map.setView([one.lat, one.lon], Math.max(zoom, scene.map.getZoom()), { animate: !scene.calm.matches });
      scene.mark = { lng: one.lon, lat: one.lat, purpose: "found" };
      scene.soon();
      if (one.kind === "incident") concord.select({ incident: one.detail });
      if (one.kind === "unit") concord.select({ unit: one.detail });
      drawPlace(one);
      scene.map.getContainer().focus({ preventScroll: true });
    }
    function drawPlace(one) {
      place.hidden = false;
      concord.fill(place,
        h("div", { class: "map-place-head" }, h("b", {}, one.title), h("button", { type: "button", class: "icon-btn", "aria-label": "Close", on: { click: () => closePlace() } }, "×")),
        one.note || one.detail ? h("div", { class: "mut" }, [one.detail, one.note].filter(Boolean).join(" · ")) : null,
        h("ul", { class: "coordinates-list" }, one.notations.map(([name, text]) => h("li", {}, h("span", { class: "mut" }, name), h("code", {}, text), h("button", { type: "button", class: "btn small", "data-copy": text, "aria-label": `Copy ${name}: ${text}` }, "Copy")))),
        h("div", { class: "map-place-do" },
          h("button", { type: "button", class: "btn small", on: { click: () => { window.dash_clientside.set_props("whois-query", { data: { lon: one.lon, lat: one.lat, t: Date.now() } }); concord.picture.emit("whois", { lon: one.lon, lat: one.lat }); } } }, "Who is responsible?"),
          h("button", { type: "button", class: "btn small", on: { click: () => concord.picture.emit("place", { lon: one.lon, lat: one.lat, address: one.kind === "address" || one.kind === "crossing" ? one.title : "" }) } }, "Report incident here")));
    }
    function closePlace() {
      if (place.hidden) return false;
      place.hidden = true;
      concord.unmark?.();
      input.focus();
      return true;
    }
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, WAIT_MS); });
    input.addEventListener("focus", () => { if (results.length && input.value.trim()) show(true); });
    input.addEventListener("blur", () => show(false));
    input.addEventListener("keydown", function (event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && results.length) { show(true); active = (active + step + results.length) % results.length; mark(); }
      else if (event.key === "Enter") {
        // What is chosen is what was typed, not what the list showed before the last key.
        clearTimeout(timer);
        if (!list.hidden && active > 0) choose(active);
        else concord.searchPlaces(input.value.trim(), (answer) => { took(answer); if (answer.results.length) choose(0); });
      } else if (event.key === "Escape") {
        if (!list.hidden) show(false);
        else if (input.value) { input.value = ""; took({ results: [] }); }
        else scene.map.getContainer().focus({ preventScroll: true });
      } else return;
      event.preventDefault(); event.stopPropagation();
    });
    scene.picture.on("mark", (at) => { if (!at) place.hidden = true; });
    const container = scene.map.getContainer();
    const key = (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target !== container) return;
      event.preventDefault(); input.focus(); input.select();
    };
    container.addEventListener("keydown", key);
    scene.stops.push(() => container.removeEventListener("keydown", key));
  }

  // --- copying: any button that carries the text ---
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Without a secure origin there is no clipboard: a text that is selected can still be taken.
      const area = concord.h("textarea", { class: "map-hidden" });
      area.value = text; document.body.append(area); area.select();
      try { return document.execCommand("copy"); } finally { area.remove(); }
    }
  }
  let spoken = null;
  function say(text) {
    if (!spoken) { spoken = concord.h("div", { class: "map-hidden", role: "status" }); document.body.append(spoken); }
    spoken.textContent = text;
  }
  document.addEventListener("click", async function (event) {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const done = await copy(button.dataset.copy);
    button.textContent = done ? "Copied" : "Not copied";
    say(done ? "Copied " + button.dataset.copy : "The browser did not let it be copied");
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });

  overlays.push({
    key: "search", hidden: true, on: false, paint() {},
    attached(made) {
      scene = made;
      const box = document.getElementById("map-search");
      if (box && !box.firstElementChild) build(box);
    },
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.concord = Object.assign(window.dash_clientside.concord || {}, {
    onSearch(data) {
      if (data && waiting && data.t === waiting.t) { const { then } = waiting; waiting = null; then(data); }
      return window.dash_clientside.no_update;
    },
  });
})();
