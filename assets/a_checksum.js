/* The state's checksum: whether this page holds what the server says it should.
 * Knows how records are summed (as data/checksum.py does, docs/feed.md "Checksum"). Refuses to know what to do about it.
 */
(function () {
  "use strict";
  const concord = (window.concord = window.concord || {});
  const bytes = new TextEncoder();
  const table = Uint32Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
  });

  function crc32(text) {
    let crc = 0xffffffff;
    for (const byte of bytes.encode(text)) crc = table[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
  }

  // A record is put in place whole and never changed, so what it adds is worked out once.
  const known = new WeakMap();
  function part(kind, record, ...versions) {
    let sum = known.get(record);
    if (sum === undefined) known.set(record, (sum = crc32(`${kind} ${record.id} ${versions.join(" ")}`)));
    return sum;
  }

  /** Eight hex digits over what the picture holds of units, open incidents and what hangs on those. */
  concord.checksum = function (picture) {
    let total = 0;
    const add = (sum) => (total = (total + sum) >>> 0);
    for (const unit of picture.units.values()) add(part("u", unit, unit.v));
    for (const incident of picture.incidents.values()) {
      if (incident.status !== "Active") continue;
      add(part("i", incident, incident.v, incident.structure_v, incident.accountability_v));
      for (const held of picture.assignmentsOf(incident.id)) if (!held.ended) add(part("a", held, held.v));
    }
    for (const request of picture.requests.values()) {
      if (picture.incidents.get(request.incident)?.status === "Active") add(part("r", request, request.v));
    }
    for (const closure of picture.closures.values()) add(part("c", closure, closure.v));
    return total.toString(16).padStart(8, "0");
  };
})();
