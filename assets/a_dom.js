/* Small tools every script of the page builds with: elements, lists that keep their nodes, times in words.
 * Knows the document. Refuses to know incidents and units. Text reaches the page as text only, never as markup.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});

  function fill(node, children) {
    for (const child of children.flat()) {
      if (child === null || child === undefined || child === false || child === "") continue;
      node.append(child.nodeType ? child : document.createTextNode(String(child)));
    }
    return node;
  }

  /** An element. `props`: `class`, `on: {event: fn}`, anything else an attribute (false and null are left out). */
  concord.h = function (tag, props, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "class") node.className = value;
      else if (name === "on") for (const [event, fn] of Object.entries(value)) node.addEventListener(event, fn);
      else if (name === "value") node.value = value;
      else node.setAttribute(name, value === true ? "" : value);
    }
    return fill(node, children);
  };

  /** An SVG element. */
  concord.svg = function (tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
    return fill(node, children);
  };

  /** Sets text only when it differs: an untouched node costs no layout. */
  concord.setText = function (node, text) {
    if (node.textContent !== text) node.textContent = text;
  };

  /** Replaces the children of a node. */
  concord.fill = function (node, ...children) {
    node.replaceChildren();
    return fill(node, children);
  };

  /**
   * Makes the children of `box` stand for `items`, keeping the nodes of those that stay (focus, hover and
   * scroll survive). `make(item)` builds a node, `update(node, item)` brings it up to date.
   */
  concord.keyed = function (box, items, key, make, update) {
    const have = box.keyedNodes || (box.keyedNodes = new Map());
    const wanted = new Set();
    let place = box.firstElementChild;
    for (const item of items) {
      const id = key(item);
      wanted.add(id);
      let node = have.get(id);
      if (!node) {
        node = make(item);
        have.set(id, node);
      }
      update(node, item);
      if (node === place) place = place.nextElementSibling;
      else box.insertBefore(node, place);
    }
    for (const [id, node] of have) {
      if (wanted.has(id)) continue;
      node.remove();
      have.delete(id);
    }
    // What a skeleton or an empty state left behind.
    while (place) {
      const next = place.nextElementSibling;
      place.remove();
      place = next;
    }
  };

  const waiting = new Map();

  /** Calls `fn(element)` once the layout has put the element of that id on the page. */
  concord.mount = function (id, fn) {
    const node = document.getElementById(id);
    if (node) fn(node);
    else waiting.set(id, (waiting.get(id) || []).concat(fn));
  };
  const watcher = new MutationObserver(function () {
    for (const [id, fns] of waiting) {
      const node = document.getElementById(id);
      if (!node) continue;
      waiting.delete(id);
      for (const fn of fns) fn(node);
    }
    if (!waiting.size && document.getElementById("board")) watcher.disconnect();
  });
  watcher.observe(document.documentElement, { childList: true, subtree: true });

  /** One call per frame however often it is asked for. */
  concord.batched = function (fn) {
    let asked = false;
    return function () {
      if (asked) return;
      asked = true;
      // A hidden tab draws no frames; a timer keeps its panels from being hours old when it is shown.
      const run = () => {
        asked = false;
        fn();
      };
      if (document.hidden) setTimeout(run, 250);
      else requestAnimationFrame(run);
    };
  };

  const two = (n) => String(n).padStart(2, "0");

  /** Seconds as `m:ss` or `h:mm:ss`; `wide` pads the minutes. Negative counts as none. */
  concord.duration = function (seconds, wide) {
    const s = Math.max(0, Math.floor(seconds));
    const minutes = Math.floor(s / 60) % 60;
    const hours = Math.floor(s / 3600);
    if (hours) return hours + ":" + two(minutes) + ":" + two(s % 60);
    return (wide ? two(minutes) : minutes) + ":" + two(s % 60);
  };

  /** `n thing` or `n things`. */
  concord.count = function (n, one, many) {
    return n + " " + (n === 1 ? one : many || one + "s");
  };

  /** `a_stable_name` as words. */
  concord.words = function (name) {
    return String(name || "").replace(/_/g, " ");
  };

  /** Follows the pieces that show "time since": elements carry `data-since` (board time) and are ticked together. */
  concord.tickSince = function () {
    if (!concord.boardNow) return;
    const now = concord.boardNow();
    for (const node of document.querySelectorAll("[data-since]")) {
      const text = concord.duration(now - Number(node.dataset.since), node.dataset.wide !== undefined);
      concord.setText(node, (node.dataset.before || "") + text);
    }
  };

  /** A running timer since a board time. */
  concord.since = function (at, className, wide) {
    const node = concord.h("time", { class: className || "num", "data-since": at, "data-wide": wide ? "" : null });
    node.textContent = concord.duration(concord.boardNow() - at, wide);
    return node;
  };
})();
