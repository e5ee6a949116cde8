// What dispatch answers, from its schemas. Written by `python -m tests.contract.test_page_types`: do not edit.

declare namespace Api {
  interface Address {
    source: string | null;
    verified_on: string | null;
    kind: "home" | "work" | "school" | "safe" | "other";
    text: string;
    access_notes: string | null;
    lat: number | null;
    lon: number | null;
  }
  interface Card {
    victim: Person;
    languages: Array<"nl" | "fr" | "de" | "en">;
    perpetrators: Array<Perpetrator>;
    measures: Array<Measure>;
    addresses: Array<Address>;
    dogs: string | null;
    children: string | null;
    hearing_or_disability: string | null;
    notes: string | null;
    photos: Array<PhotoRef>;
  }
  interface ControlRoomOut {
    id: string;
    names: Record<string, string>;
    policy: string;
    amqp: boolean;
    webhook: boolean;
    neighbours: Array<string>;
    lat: number;
    lon: number;
  }
  interface IncidentView {
    withheld: Array<string>;
    conflicted: boolean;
    withheld_from: Array<string>;
    incident_id: string;
    marking: "STALKINGALARM";
    control_room_id: string;
    also_control_room_ids: Array<string>;
    zone_id: string | null;
    border_zones: Array<string>;
    state: "open" | "closed";
    urgency: number;
    presses: number;
    lane: "verified" | "unverified";
    flags: Array<string>;
    basis: string;
    raised_at: string;
    deadline_at: string;
    routed_at: string;
    displayed_at: string | null;
    acknowledged_at: string | null;
    escalation: string | null;
    cancel: "requested" | "duress" | null;
    location: LocationView | null;
    search: SearchPlace | null;
    last_known_address: string | null;
    linked_incidents: Array<string>;
    orders: Array<OrderSummary>;
    card: Card | null;
    outcome: Outcome | null;
    traceparent: string | null;
    revision: number;
    alike: string | null;
    group: UnverifiedGroup | null;
  }
  interface LocationView {
    lat: number;
    lon: number;
    radius_m: number | null;
    at: string | null;
    age_s: number | null;
    quality: "green" | "amber" | "red";
  }
  interface Measure {
    source: string | null;
    verified_on: string | null;
    kind: string;
    until: string | null;
  }
  interface Noted {
    source: string | null;
    verified_on: string | null;
    text: string;
  }
  interface OrderSummary {
    order_id: string;
    unit_id: string;
    unit_control_room_id: string;
    unit_seen_at: string | null;
    callsign: string;
    state: "proposed" | "sent" | "received" | "acknowledged" | "en_route" | "on_scene" | "closed" | "declined" | "withdrawn";
    distance_m: number | null;
    search_basis: SearchBasis | null;
    sent_at: string | null;
    by_radio: boolean;
    at: string;
    reason: string | null;
  }
  type Outcome = "genuine" | "perpetrator_present" | "arrest" | "accidental" | "technical" | "test";
  interface Perpetrator {
    source: string | null;
    verified_on: string | null;
    name: string;
    born_on: string | null;
    phone: string | null;
    description: string | null;
    ref: string;
    violence: Array<Noted>;
    weapons: Array<Noted>;
    vehicles: Array<Vehicle>;
  }
  interface Person {
    source: string | null;
    verified_on: string | null;
    name: string;
    born_on: string | null;
    phone: string | null;
    description: string | null;
  }
  interface PhotoRef {
    photo_id: string;
    of: string | null;
    taken_on: string;
  }
  interface RoomWebhook {
    webhook_url: string | null;
    proposed: WebhookProposed | null;
    control_room_id: string;
    state: "none" | "proposed" | "confirmed" | "failing" | "parked";
    undelivered: number;
    delivered_at: string | null;
  }
  type SearchBasis = "fix" | "registered_address" | "zone" | "zone_middle" | "control_room";
  interface SearchPlace {
    lat: number;
    lon: number;
    basis: SearchBasis;
  }
  interface UnitOut {
    unreadable: Array<string>;
    unit_id: string;
    callsign: string;
    zone_id: string;
    in_zone_id: string | null;
    control_room_id: string;
    lat: number | null;
    lon: number | null;
    available: boolean;
    seen_at: string | null;
    fresh: boolean;
    lent_to: string | null;
    offered_to: string | null;
    offered_as: "loan" | "transfer" | null;
    order_id: string | null;
    withheld: Array<string>;
    withheld_from: Array<string>;
  }
  interface UnverifiedClosed {
    closed: Array<string>;
    left: Array<string>;
  }
  interface UnverifiedGroup {
    count: number;
    incident_ids: Array<string>;
    presses: Record<string, number>;
    first_raised_at: string;
    last_raised_at: string;
    until: string;
  }
  interface Vehicle {
    source: string | null;
    verified_on: string | null;
    text: string;
    plate: string | null;
  }
  interface WebhookProposed {
    proposal_id: string;
    webhook_url: string | null;
    proposed_by: string;
    proposed_at: string;
  }
}
