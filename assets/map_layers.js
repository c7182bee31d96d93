/* Our own canvases inside dash-leaflet's map, and the hook by which they get there.
 *
 * Knows Leaflet's panes, zoom animation and the page's moment of attachment; offers `concord.map` to other scripts.
 * Refuses to know what is drawn on the canvases (map_scene.js).
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const parts = (concord.mapParts = concord.mapParts || {});

  if (!window.L) return; // a page without a map

  const PAD = 0.2; // canvases reach this share beyond the map, so that a drag shows no empty edge

  const CanvasLayer = L.Layer.extend({
    initialize: function (options) { L.setOptions(this, options); },
    onAdd: function (map) {
      const pane = map.getPane(this.options.paneName) || map.createPane(this.options.paneName);
      pane.style.zIndex = this.options.z; pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", `concord-canvas ${this.options.paneName}`, pane);
      if (map._zoomAnimated) L.DomUtil.addClass(this.canvas, "leaflet-zoom-animated");
      this.g = this.canvas.getContext("2d");
      this.place();
    },
    onRemove: function () { this.canvas.remove(); this.canvas = null; },
    getEvents: function () {
      return this._map._zoomAnimated ? { zoomanim: this._animate, zoom: this._pinch } : {};
    },
    _animate: function (event) { this._transform(event.center, event.zoom); },
    _pinch: function () { this._transform(this._map.getCenter(), this._map.getZoom()); },
    // While Leaflet animates a zoom the picture of the old zoom is stretched, as its own layers are.
    _transform: function (centre, zoom) {
      const map = this._map, scale = map.getZoomScale(zoom, this.zoom);
      const half = map.getSize().multiplyBy(0.5 + PAD), at = map.project(this.centre, zoom);
      L.DomUtil.setTransform(this.canvas, half.multiplyBy(-scale).add(at).subtract(map._getNewPixelOrigin(centre, zoom)), scale);
    },
    /** Fit the canvas to the map as it is now; returns the view to draw with. */
    place: function () {
      const map = this._map, size = map.getSize(), ratio = parts.sprites.ratio();
      const padX = Math.round(size.x * PAD), padY = Math.round(size.y * PAD), w = size.x + 2 * padX, h = size.y + 2 * padY;
      if (this.canvas.width !== Math.round(w * ratio) || this.canvas.height !== Math.round(h * ratio)) {
        this.canvas.width = Math.round(w * ratio); this.canvas.height = Math.round(h * ratio);
        this.canvas.style.width = w + "px"; this.canvas.style.height = h + "px";
      }
      this.corner = map.containerPointToLayerPoint([-padX, -padY]);
      this.centre = map.getCenter(); this.zoom = map.getZoom();
      L.DomUtil.setPosition(this.canvas, this.corner);
      const origin = map.getPixelOrigin();
      return { scale: 256 * 2 ** this.zoom, ox: origin.x + this.corner.x, oy: origin.y + this.corner.y, w, h, padX, padY, zoom: this.zoom + 1e-6 };
    },
  });

  let scene = null;

  function attach(event, context) {
    const group = event.target, map = (context && context.map) || group._map;
    if (!map || (scene && scene.map === map && !scene.over)) return;
    if (scene) scene.stop();
    parts.sprites.refresh();
    whenReady(() => {
      scene = new parts.Scene(map, group, concord.picture);
      concord.map = {
        leaflet: map,
        scene,
        drawn: () => ({ units: scene.drawnUnits, incidents: scene.drawnIncidents, frames: scene.frames, cost: scene.cost }),
        at: (id) => scene.at(id),
        incidentAt: (id) => scene.incidentAt(id),
      };
      parts.panels.start(scene);
      parts.tools.start(scene);
      loadGround(scene, map);
      concord.picture.on("ground", () => { if (!scene.over) loadGround(scene, map); });
    });
  }

  /* The level for the map's zoom; a coarser or finer one stays drawn until it has come, and all are kept once fetched.
     Everything is asked for again when other boundaries come into force. */
  function loadGround(scene, map) {
    const kept = new Map();
    const mine = (scene.groundLoad = {}); // a later load makes an earlier one silent
    const get = (name) => fetch(`/geo/boundaries/${name}.json`).then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(`status ${answer.status}`))));
    const stale = () => scene.over || scene.groundLoad !== mine;
    const use = (ground) => {
      if (scene.ground === ground) return;
      scene.ground = ground;
      parts.panels.groundReady(scene);
      scene.viewChanged();
    };
    const fail = (error) => { if (!stale()) parts.panels.groundFailed(scene, error); };
    get("index").then((index) => {
      const levels = [...index.levels].sort((a, b) => a.zoom - b.zoom);
      const show = () => {
        if (stale()) return;
        const { name } = levels.filter((level) => level.zoom <= map.getZoom() + 1e-6).at(-1) || levels[0];
        if (kept.get(name)) { use(kept.get(name)); return; }
        if (kept.has(name)) return; // on its way
        kept.set(name, null);
        get(name).then(
          (topology) => {
            kept.set(name, new parts.boundaries.Ground(topology));
            show(); // the zoom may have changed meanwhile
          },
        ).catch((error) => { kept.delete(name); if (!scene.ground) fail(error); else setTimeout(show, 5000); });
      };
      map.on("zoomend", show);
      scene.stops.push(() => map.off("zoomend", show));
      show();
    }).catch(fail);
  }

  // The feed's script may come later in the alphabet or still be loading.
  function whenReady(go, tries = 0) {
    if (concord.picture && concord.picture.on) go();
    else if (tries < 200) setTimeout(() => whenReady(go, tries + 1), 50);
  }

  parts.CanvasLayer = CanvasLayer;
  concord.mapHooks = Object.assign(concord.mapHooks || {}, { attach });
})();
