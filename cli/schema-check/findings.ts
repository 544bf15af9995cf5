/** What differs, and what to do about it. */
export type Fault = {
  what: string;
  next: string;
  /** Whether it is of who may do what, which no migration brings back: drizzle/roles.sql does, or the remedy. */
  isOfRights: boolean;
};

/** `notes` are of what the owner has added, which does no harm today. */
export type Findings = { faults: Fault[]; notes: string[] };

/** How what compares one part says what it has found. */
export type Report = {
  fault: (what: string, next: string) => void;
  /** A fault of who may do what. */
  right: (what: string, next: string) => void;
  note: (what: string) => void;
  /** The remedy; of an older schema every difference has one: to migrate it. */
  mend: (remedy: string) => string;
  /** `, as …`, if the owner of the copy may not change what belongs to this role. It is of the statements before it. */
  by: (owner: string) => string;
  /** The same of what a superuser alone may do: to take it from the role. */
  taking: (owner: string) => string;
  /** Before a remedy that only the object's owner may run: the statement that makes the owner of the copy that. */
  own: (object: string, owner: string) => string;
};

export const migrateIt = "npm run db:migrate, as the owner, then drizzle/roles.sql";

/** For what cannot be mended in place. The order is that in which nothing is lost. */
export const makeAnew =
  "npm run db:migrate does not mend this. As the owner: note the foreign keys of your own tables to the schema clerk; drop schema clerk cascade; npm run db:migrate; drizzle/roles.sql; npm run backfill -- --sessions --billing; add the foreign keys again; repeat erasures. Deliveries that fail meanwhile are sent again, for a day";

export const runRoles = "Run drizzle/roles.sql again, as the owner";

export const runFile = (file: string): string =>
  `psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f ${file}, as the owner, then drizzle/roles.sql`;

/** Of the roles of drizzle/roles.sql: who owns something of the copy can change and drop it. */
export const isLimited = (role: string): boolean => /^clerk_(mirror|app|app_owner)$/.test(role);
