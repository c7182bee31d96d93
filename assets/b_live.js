/* The feed: one socket that never gives up, and how old the picture is.
 * Knows frames, sequence numbers and the link's state. Refuses to know panels; commands never travel here.
 */
(function () {
  "use strict";
  const concord = window.concord;
  const picture = concord.picture;
  const root = document.documentElement;

  const AGEING_S = 5;
  const LOST_S = 15;
  const SILENT_S = 6; // a beat comes every second: this much silence means a dead socket nobody closed
  const RETRY_CAP_MS = 2000;
  const POSITIONS = 1; // first byte of a binary frame

  const link = { state: "connecting", age: 0, storeOk: true };
  concord.link = link;
  picture.link = link;
  root.dataset.link = link.state;
  const stats = { connections: 0, frames: 0, received: 0, ignored: 0, gaps: 0, snapshots: 0, compared: 0, differed: 0, lastDeltaAt: 0 };
  concord.liveStats = stats;
  /** The newest applied deltas, `{seq, appliedAt}` in ms of this machine's clock, for measuring. */
  concord.applied = [];

  let socket = null;
  let retry = 0;
  let timer = 0;
  let fromZero = true;
  let version = "";
  let numbers = ""; // digest of the unit numbers this page has
  let stopped = false;
  let lastFrame = 0; // performance.now() of the newest frame
  const started = performance.now();
  let samples = []; // [received ms, server time - our time], a minute of them

  // Every frame was sent before it came: the largest difference is the one with the least delay in it.
  function learnOffset(at) {
    if (!at) return;
    const now = Date.now();
    samples.push([now, at * 1000 - now]);
    if (samples.length > 600) samples = samples.filter(([t]) => t > now - 60000).slice(-400);
    concord.clockOffset = samples.reduce((best, [t, d]) => (t > now - 60000 && d > best ? d : best), -Infinity);
  }

  function setState(state) {
    if (link.state === state) return;
    link.state = state;
    root.dataset.link = state;
    picture.emit("link", link);
  }

  function setStore(ok) {
    if (link.storeOk === ok) return;
    link.storeOk = ok;
    root.dataset.store = ok ? "ok" : "lost";
    picture.emit("link", link);
  }

  function checkAge() {
    const now = performance.now();
    link.age = (now - (lastFrame || started)) / 1000;
    if (stopped) setState("lost");
    else if (!picture.loaded) setState(link.age > LOST_S ? "lost" : "connecting");
    else setState(link.age >= LOST_S ? "lost" : link.age >= AGEING_S ? "ageing" : "fresh");
    if (socket && lastFrame && socket.readyState === WebSocket.OPEN && link.age > SILENT_S && now - socket.openedAt > SILENT_S * 1000) drop();
    picture.emit("age", link);
  }

  const handlers = {
    hello(frame) {
      picture.board = { name: frame.board, title: frame.title, note: frame.note };
      if (frame.clock) picture.clock = frame.clock;
      if (frame.zone) concord.setZone(frame.zone);
      picture.agencies = new Map((frame.agencies || []).map((a) => [a.id, a]));
      if (version && frame.version && frame.version !== version) reloadWhenIdle();
      version = version || frame.version || "";
      setStore(true);
      picture.emit("hello", frame);
    },
    snapshot(frame) {
      stats.snapshots++;
      fromZero = false;
      picture.reset(frame);
    },
    delta(frame) {
      if (frame.seq <= picture.seq) {
        stats.ignored++;
        return;
      }
      if (frame.prev > picture.seq || !picture.loaded) {
        stats.gaps++;
        fromZero = true;
        drop();
        return;
      }
      stats.received++;
      picture.apply(frame);
      stats.lastDeltaAt = performance.now();
      concord.applied.push({ seq: frame.seq, appliedAt: Date.now() });
      if (concord.applied.length > 500) concord.applied.splice(0, 250);
    },
    numbers(frame) {
      if (frame.from > picture.numbers.length) {
        numbers = ""; // some are missing: ask for all of them
        drop();
        return;
      }
      picture.number(frame.from, frame.units);
      numbers = frame.digest;
    },
    sources(frame) {
      picture.hear(frame.agencies);
    },
    beat(frame) {
      // Nothing is lost between frames on one ordered socket, and a missing delta is told by the next one's `prev`.
      // What neither would show is a page that holds something else than it was sent: the checksum does.
      if (!frame.sum || frame.seq !== picture.seq || !picture.loaded) return;
      stats.compared++;
      if (frame.sum === concord.checksum(picture)) return;
      stats.differed++;
      console.warn("the picture differs from the server's at " + frame.seq + ": starting again");
      concord.reconnect();
    },
    ground(frame) {
      picture.emit("ground", frame.edition);
    },
    store(frame) {
      setStore(frame.ok !== false);
    },
  };

  function connect() {
    clearTimeout(timer);
    if (stopped) return;
    const query = new URLSearchParams({ seq: fromZero || !picture.loaded ? 0 : picture.seq });
    if (interest) query.set("view", [...interest.view, interest.zoom].join());
    if (numbers) query.set("numbers", numbers);
    const url = (location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live/ws?" + query;
    const mine = (socket = new WebSocket(url));
    mine.binaryType = "arraybuffer";
    mine.openedAt = performance.now();
    stats.connections++;
    const tooSlow = setTimeout(() => mine.readyState === WebSocket.CONNECTING && drop(), 5000);
    mine.onopen = function () {
      clearTimeout(tooSlow);
      tellInterest(); // the address holds the view alone
    };
    mine.onmessage = function (event) {
      if (mine !== socket) return;
      let frame = null;
      try {
        if (typeof event.data === "string") frame = JSON.parse(event.data);
      } catch {
        return; // half a frame is none; the sequence tells whether something is missing
      }
      stats.frames++;
      retry = 0;
      lastFrame = performance.now();
      if (frame) {
        learnOffset(frame.at);
        handlers[frame.t]?.(frame);
      } else if (new Uint8Array(event.data, 0, 1)[0] === POSITIONS) learnOffset(picture.move(event.data));
      if (link.state !== "fresh" && picture.loaded) checkAge();
    };
    mine.onclose = function (event) {
      clearTimeout(tooSlow);
      if (mine !== socket) return;
      socket = null;
      if (event.code === 4401 || event.code === 4423) {
        // The session is over or locked. The picture goes with it: nothing stays readable on an abandoned screen.
        stopped = true;
        link.signIn = true;
        checkAge();
        concord.leave(event.code === 4401 ? "/sign-in" : "/unlock");
        return;
      }
      if (event.code === 4409) return location.reload(); // another position, another view
      again();
    };
  }

  // Full jitter, never longer than the cap, for ever: a wall must come back by itself after a night.
  function again() {
    retry++;
    clearTimeout(timer);
    timer = setTimeout(connect, 50 + Math.random() * Math.min(RETRY_CAP_MS - 50, 150 * 2 ** Math.min(retry, 6)));
  }

  function drop() {
    const old = socket;
    socket = null;
    if (old) {
      old.onmessage = old.onclose = null;
      old.close();
    }
    again();
  }

  const MOST_FOLLOWED = 200; // the server refuses more
  const follows = new Map(); // who asks -> unit ids
  let interest = null;
  /** Say what this page can show: `{view: [west, south, east, north], zoom, units: [ids followed wherever they are]}`. */
  concord.interest = function (wanted) {
    if (interest && JSON.stringify(interest) === JSON.stringify(wanted)) return;
    interest = wanted;
    tellInterest();
  };
  /** Have some units' places come wherever they are, until called again: for `what` needs them, such as "offer". */
  concord.follow = function (what, units) {
    follows.set(what, units);
    tellInterest();
  };
  function tellInterest() {
    if (!interest || !socket || socket.readyState !== WebSocket.OPEN) return;
    const units = [...new Set([interest.units, ...follows.values()].flat())].slice(0, MOST_FOLLOWED);
    socket.send(JSON.stringify({ t: "interest", view: interest.view, zoom: interest.zoom, units }));
  }
  /** Whether positions at a place reach this page; a unit's age means nothing where they do not. */
  concord.watches = function (lon, lat) {
    if (!interest) return true;
    const [west, south, east, north] = interest.view;
    return lat >= south && lat <= north && ((((lon - west) % 360) + 360) % 360) <= east - west;
  };

  /** Starts the feed anew from a snapshot. */
  concord.reconnect = function () {
    fromZero = true;
    if (socket) drop();
  };

  // A new version on the server: this page is the old one. Not while somebody types or waits.
  function reloadWhenIdle() {
    const wait = setInterval(function () {
      const typing = document.activeElement && document.activeElement.matches("input, textarea, select");
      if (typing || document.querySelector("dialog[open]") || concord.busy()) return;
      clearInterval(wait);
      location.reload();
    }, 1000);
  }

  function start() {
    // The layout names the default agency; the socket waits for it, the page shell does not.
    concord.mount("board", connect);
    setInterval(checkAge, 250);
    window.addEventListener("online", () => !socket && connect());
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
