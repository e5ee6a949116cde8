// What the scripts of the pages share, and nothing answers: api.d.ts has what dispatch does.

type Incident = Api.IncidentView;
type Order = Api.OrderSummary;
type Unit = Api.UnitOut;
type Group = Api.UnverifiedGroup;

/** Who is signed in: `/console/me`. */
interface Me {
  subject: string;
  cic: string | null;
  roles: string[];
  limits: { green_age_s: number; green_radius_m: number; amber_age_s: number; amber_radius_m: number };
}

/** Somebody who belongs to a control room. */
interface Member extends Me {
  cic: string;
}

interface Place {
  lat: number;
  lon: number;
}

/** Names by language; not every place has one in each. */
type Names = Record<string, string | null>;

/** Of a zone, in the GeoJSON of all. */
interface ZoneProperties {
  id: string;
  names: Names;
  cic: string;
  stand_in: boolean;
}

type ZoneFeature = import("geojson").Feature<import("geojson").Geometry, ZoneProperties>;
type Zones = import("geojson").FeatureCollection<import("geojson").Geometry, ZoneProperties>;

/** What becomes part of the page: text or nodes, also in lists; null and false are left out. */
type Child = Node | string | null | undefined | false | Child[];
type Attribute = string | boolean | null | undefined | (() => void);

/** What an operator does to the chosen alarm. */
interface Acts {
  send(unitId: string): void;
  radio(order: Order, state: string): void;
  pick(incidentId: string): void;
  close(view: Incident): void;
}

/** What comes in by the live feed. */
interface Told {
  incident(view: Incident): void;
  present(views: Incident[], askedAt: number): void;
  units(units: Unit[]): void;
  state(connection: "live" | "lost"): void;
  refused(problem: Error): void;
}

/** Elements of the console that are more than a place for text. */
interface Elements {
  closing: HTMLDialogElement;
  "closing-do": HTMLButtonElement;
  "closing-form": HTMLFormElement;
  language: HTMLSelectElement;
  outcome: HTMLSelectElement;
  primary: HTMLButtonElement;
  radio: HTMLDialogElement;
  "radio-do": HTMLButtonElement;
  "radio-form": HTMLFormElement;
  "radio-outcome": HTMLSelectElement;
  "radio-reason": HTMLTextAreaElement;
  reason: HTMLTextAreaElement;
  "sign-in": HTMLDialogElement;
  token: HTMLInputElement;
}

interface HTMLElement {
  /** The key for which its children were built: see `fill`. */
  shownKey?: string;
}

/** Any field of a form: what it is not, it has not. */
type Field = HTMLInputElement & Pick<HTMLSelectElement, "options"> & { form: HTMLFormElement };

/** What is sent: an object or a list, by name or number. */
type JsonBody = Record<string, unknown>;

/** A problem of the API (RFC 9457), one of its errors, or what the page says itself. */
interface Refusal {
  said?: string;
  type?: string;
  code?: string;
  field?: string;
  column?: string;
  params?: Record<string, unknown>;
  errors?: Refusal[];
}
