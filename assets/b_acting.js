/* Who is at this position, as the server says; the menu of what they may do about it; and the theme.
 * Knows who the page was made for. Refuses to know what that person may do: the server decides.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const h = concord.h;
  const root = document.documentElement;
  const ROLES = { commander: "Commander", dispatcher: "Dispatcher", briefer: "Briefer", agency_admin: "Agency admin", board_admin: "Board admin", auditor: "Auditor" };
  const ACTIVE_MS = 60000;

  function stored(key) {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the choice then lives as long as the page
    }
  }
  function store(key, value) {
    try {
      localStorage.setItem(key, value);
    } catch {
      /* see above */
    }
  }

  let acting = { name: "", agency: "", role: "" };
  let links = [];

  concord.acting = () => ({ ...acting });

  concord.theme = () => root.dataset.theme || "dark";
  concord.setTheme = function (theme) {
    root.dataset.theme = theme;
    store("concord.theme", theme);
    document.dispatchEvent(new CustomEvent("concord:theme", { detail: { theme } }));
    window.dispatchEvent(new CustomEvent("concord:theme", { detail: { theme } }));
  };
  root.dataset.theme = stored("concord.theme") === "light" ? "light" : "dark";

  // The session ------------------------------------------------------------------------------------

  const mark = () => document.cookie.split("; ").find((each) => each.startsWith("_csrf_token="))?.slice(12) || "";

  /** Says something to the server about this session; resolves to the response, or null when there was none. */
  concord.post = function (path, fields) {
    const options = { method: "POST", headers: { "X-CSRFToken": mark() }, credentials: "same-origin" };
    if (fields) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(fields);
    }
    return fetch(path, options).catch(() => null);
  };

  /** Leaves for the door; the board is where they come back to. */
  concord.leave = (door) => location.assign(door + "?next=" + encodeURIComponent(location.pathname + location.search + location.hash));

  let told = performance.now();
  function touched() {
    if (performance.now() - told < ACTIVE_MS) return;
    told = performance.now();
    concord.post("/session/active").then(function (answer) {
      if (answer && answer.status === 401) concord.leave("/sign-in");
      if (answer && answer.status === 423) concord.leave("/unlock");
    });
  }
  for (const kind of ["pointerdown", "keydown", "wheel"]) window.addEventListener(kind, touched, { passive: true, capture: true });

  // The menu ---------------------------------------------------------------------------------------

  const placeOf = function () {
    const agency = concord.picture.agencies.get(acting.agency);
    return (ROLES[acting.role] || acting.role) + (acting.agency ? " · " + (agency ? agency.short : acting.agency) : "");
  };

  function show() {
    const button = document.getElementById("acting-button");
    if (!button) return;
    concord.fill(button, h("b", {}, acting.name || "nobody"), " ", h("span", {}, placeOf()));
    button.title = "Signed in as " + acting.name + ", " + placeOf() + ". Press for more";
    button.setAttribute("aria-haspopup", "dialog");
  }

  function menu() {
    const from = document.activeElement;
    const go = (words, act) => h("button", { type: "button", class: "btn", on: { click: act } }, words);
    const dialog = h(
      "dialog",
      { class: "dialog menu", "aria-label": "Signed in as " + acting.name },
      h("h2", {}, acting.name),
      h("p", { class: "mut" }, placeOf()),
      h("nav", { "aria-label": "Offices" }, links.map(([path, words]) => h("a", { class: "btn", href: path }, words))),
      go("Lock screen", () => concord.post("/session/lock").then(() => concord.leave("/unlock"))),
      go("Sign out", () => concord.post("/sign-out").then(() => location.assign("/sign-in"))),
      h("button", { type: "button", class: "btn", on: { click: () => dialog.close() } }, "Close ", h("kbd", {}, "Esc")),
    );
    dialog.addEventListener("close", function () {
      dialog.remove();
      if (from && from.isConnected) from.focus();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  concord.mount("board", function (board) {
    acting = { name: board.dataset.name || "", agency: board.dataset.agency || "", role: board.dataset.role || "" };
    links = JSON.parse(board.dataset.links || "[]");
    root.dataset.role = acting.role;
    show();
  });
  concord.mount("acting-button", function (button) {
    show();
    button.addEventListener("click", menu);
  });
  concord.mount("theme-button", function (button) {
    const name = () => {
      const other = concord.theme() === "dark" ? "light" : "dark";
      button.setAttribute("aria-label", "Change to the " + other + " theme");
      button.title = button.getAttribute("aria-label");
    };
    name();
    button.addEventListener("click", function () {
      concord.setTheme(concord.theme() === "dark" ? "light" : "dark");
      name();
    });
  });
  concord.picture.on("hello", show);
})();
