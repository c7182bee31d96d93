/* Times of day, in the board's time zone: a wall computer set to another zone must show what everybody says.
   Knows one zone and its shift. Refuses to know what the times are of. */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const two = (n) => String(n).padStart(2, "0");
  const QUARTER_S = 900; // shifts change on quarters of an hour, everywhere

  let zone; // undefined: the screen's own, until the feed names the board's
  let parts = null;
  let shifts = new Map();

  /** Use an IANA zone from now on; one this browser does not know leaves the screen's own. */
  concord.setZone = function (name) {
    try {
      parts = new Intl.DateTimeFormat("en-US", {
        timeZone: name || undefined, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
        hour: "numeric", minute: "numeric", second: "numeric",
      });
      zone = name || undefined;
      shifts = new Map();
    } catch (unknown) {
      if (!parts) concord.setZone("");
    }
  };
  concord.setZone("");

  /** The zone's name for Intl, or undefined for the screen's own. */
  concord.zone = () => zone;

  /** Seconds the zone is ahead of UTC at a time. */
  concord.zoneShift = function (at) {
    const quarter = Math.floor(at / QUARTER_S) * QUARTER_S;
    let shift = shifts.get(quarter);
    if (shift === undefined) {
      const p = {};
      for (const { type, value } of parts.formatToParts(new Date(quarter * 1000))) p[type] = Number(value);
      shift = Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) / 1000 - quarter;
      if (shifts.size > 500) shifts.clear();
      shifts.set(quarter, shift);
    }
    return shift;
  };

  /** A time of day, `14:32:07`. */
  concord.clockTime = function (at, withoutSeconds) {
    const s = Math.floor(at + concord.zoneShift(at));
    const day = ((s % 86400) + 86400) % 86400;
    const hours = two(Math.floor(day / 3600)) + ":" + two(Math.floor(day / 60) % 60);
    return withoutSeconds ? hours : hours + ":" + two(day % 60);
  };

  concord.formatTime = concord.clockTime;
})();
