/* Who is at this position: name, agency, role; and the theme. Kept in this browser.
 * Knows what was chosen. Refuses to know what that person may do: the server decides.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const root = document.documentElement;
  const KEY = "concord.acting";
  const ROLES = { commander: "Commander", dispatcher: "Dispatcher" };

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

  let acting = { name: "", agency: "", role: "commander" };
  try {
    acting = { ...acting, ...JSON.parse(stored(KEY) || "{}") };
  } catch {
    /* an unreadable choice is no choice */
  }
  root.dataset.role = acting.role;

  concord.acting = () => ({ ...acting, name: acting.name || "Position 1" });

  /** Changes who acts; the feed then starts anew, since another agency may see another picture. */
  concord.setActing = function (wanted) {
    const before = acting;
    acting = { ...acting, ...wanted };
    store(KEY, JSON.stringify(acting));
    root.dataset.role = acting.role;
    concord.picture.emit("acting", concord.acting());
    if (before.agency !== acting.agency || before.role !== acting.role) concord.reconnect?.();
  };

  concord.theme = () => root.dataset.theme || "dark";
  concord.setTheme = function (theme) {
    root.dataset.theme = theme;
    store("concord.theme", theme);
    document.dispatchEvent(new CustomEvent("concord:theme", { detail: { theme } }));
    window.dispatchEvent(new CustomEvent("concord:theme", { detail: { theme } }));
  };
  root.dataset.theme = stored("concord.theme") === "light" ? "light" : "dark";

  function show() {
    const button = document.getElementById("acting-button");
    if (!button) return;
    const who = concord.acting();
    const agency = concord.picture.agencies.get(who.agency);
    const place = (ROLES[who.role] || who.role) + " · " + (agency ? agency.short : who.agency || "no agency");
    concord.fill(button, concord.h("b", {}, who.name), " ", concord.h("span", {}, place));
    button.title = "Acting as " + who.name + ", " + place + ". Press to change";
  }

  async function choose() {
    const who = concord.acting();
    const agencies = [...concord.picture.agencies.values()].sort((a, b) => a.name.localeCompare(b.name));
    const answer = await concord.ask({
      title: "Acting as",
      submit: "Take position",
      fields: [
        { name: "name", label: "Name", value: who.name, required: true, maxlength: 60 },
        { name: "agency", label: "Agency", value: who.agency, options: agencies.map((a) => [a.id, a.name]) },
        { name: "role", label: "Role", value: who.role, options: Object.entries(ROLES) },
      ],
    });
    if (answer) concord.setActing(answer);
  }

  concord.mount("board", function (board) {
    if (!acting.agency) acting.agency = board.dataset.agency || "";
  });
  concord.mount("acting-button", function (button) {
    show();
    button.addEventListener("click", choose);
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
  for (const kind of ["acting", "hello"]) concord.picture.on(kind, show);
})();
