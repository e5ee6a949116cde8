// What rooms and zones are called, and which room this is.

import { get, Problem } from "./api.js";
import { byId } from "./dom.js";
import { roomName } from "./list.js";
import { showZones } from "./map.js";
import { state } from "./state.js";

/**
 * Read rooms and zones, trying until they are there; then `show()`.
 * @param {() => void} show
 */
export async function readNames(show) {
  for (;;) {
    try {
      const [rooms, zones] = await Promise.all([
        get("/v1/control-rooms"),
        get("/v1/zones", AbortSignal.timeout(20000)),
      ]);
      state.rooms = new Map(rooms.map((/** @type {Api.ControlRoomOut} */ room) => [room.id, room]));
      state.zones = new Map(
        zones.features.map((/** @type {ZoneFeature} */ { properties }) => [properties.id, properties]),
      );
      showZones(zones);
      showRoom();
      show();
      return;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await new Promise((done) => setTimeout(done, 2000)); // alarms come meanwhile, with ids for names
    }
  }
}

/** Which room this is, and who is there. */
export function showRoom() {
  byId("room").textContent = roomName(state.me?.cic ?? "");
  byId("who").textContent = state.me?.subject ?? "";
  byId("lending-here").hidden = !state.me?.roles.includes("supervisor");
}
