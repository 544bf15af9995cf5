import type { Chart, Outbox, Unknown } from "../../cli/console/protocol.ts";

/** What the page of `npm run dev` is told, and what it asks for: see cli/console/protocol.ts. */

/** What the page shows of lists that are too long for it: it asks for its messages with these. */
export type View = {
  /** What is looked for among people: part of an id, a name or an address. */
  find: string;
  /** Pages are counted from 0. */
  people: number;
  organizations: number;
  /** The table of the copy that is shown, and its page. */
  table: string;
  page: number;
};

export type Paged<Row> = { total: number; page: number; pages: number; rows: Row[] };

/** A user of the simulated Clerk. */
export type Person = {
  id: string;
  firstName: string;
  lastName: string;
  /** The primary address, and how many there are. */
  email: string | null;
  addresses: number;
  /** Sessions that are active. */
  sessions: number;
  memberships: { id: string; organization: string }[];
};

export type Organization = { id: string; name: string; members: number };

/** Cells are text as a person reads it; null where the row has nothing. */
export type CopyRow = { id: string; isDeleted: boolean; cells: (string | null)[] };

export type Copy = {
  /** Every table, with how many of its rows are living and how many are only left of deleted objects. */
  tables: { table: string; living: number; deleted: number }[];
  table: string;
  columns: string[];
} & Paged<CopyRow>;

export type Attempt = { at: number; ms: number; status: number | null; answer: string };

/** A message of the simulated Svix. */
export type Delivery = {
  id: string;
  type: string;
  subject: string | null;
  /** When it happened in Clerk. */
  at: number;
  state: "waiting" | "delivered" | "retrying" | "given up" | "dropped";
  outcome: string | null;
  /** Of the last attempt: an HTTP status, or null if there was no answer. */
  status: number | null;
  /** From the change to the first 2xx. */
  lag: number | null;
  isDoubled: boolean;
  attempts: Attempt[];
};

export type Deliveries = {
  counts: { sent: number; delivered: number; doubled: number; retried: number; failed: number; dropped: number };
  /** How many are on their way. */
  waiting: number;
  /** The newest first, at most 50. */
  latest: Delivery[];
};

export type Difference = {
  table: string;
  id: string;
  what: "missing" | "different" | "not in Clerk";
  columns: string[];
};

/** Whether the copy is equal to the simulated Clerk, row by row and column by column. */
export type Verdict = {
  isEqual: boolean;
  /** Rows that were compared, and those that differ, with the first 20 of them. */
  rows: number;
  differ: number;
  which: Difference[];
  checkedAt: number;
};

export type Chaos = {
  /** Of a hundred messages, how many are lost, sent twice, or overtaken by others. */
  dropped: number;
  doubled: number;
  reordered: number;
  /** The longest delay, in seconds. */
  delayed: number;
  /** The Worker does not reach its database. */
  isDatabaseAway: boolean;
  /** Svix signs with a secret that the Worker does not have. */
  isSecretWrong: boolean;
  /** The app that is told of changes answers 503. */
  isAppAway: boolean;
};

export type Run = {
  state: "none" | "running" | "done" | "failed";
  /** Of the objects that Clerk lists. */
  checked: number;
  total: number;
  /** What is said of it when it has ended, a line each. */
  lines: string[];
};

/** What the app of the console was told, the newest first, at most 20. */
export type Told = { at: number; table: string; id: string; kind: string; source: string; attempt: number }[];

export type LocalMessages = {
  /** Where everything is, and whether the Worker answers yet. */
  world: { worker: string; isReady: boolean; postgres: string };
  people: Paged<Person>;
  organizations: Paged<Organization>;
  copy: Copy | Unknown;
  deliveries: Deliveries;
  chart: Chart;
  verdict: Verdict | Unknown;
  chaos: Chaos;
  run: Run;
  outbox: (Outbox & { told: Told }) | Unknown;
};

/**
 * What the page may ask for: `POST /do/<name>` with the body as JSON. The answer is 200 `{}`, or 422 `{ error }` with a sentence
 * for the person.
 */
export type Actions = {
  /** Names and an address are invented where they are empty. */
  signUp: { firstName?: string; lastName?: string; email?: string };
  signUpHundred: Record<string, never>;
  /** A hundred changes of all kinds. */
  live: Record<string, never>;
  rename: { user: string; firstName: string; lastName: string };
  /** Adds an address and makes it the primary one. */
  changeAddress: { user: string };
  signIn: { user: string };
  signOut: { user: string };
  deleteUser: { user: string };
  mergeUsers: { kept: string; duplicate: string };
  createOrganization: { user: string; name?: string };
  renameOrganization: { organization: string; name: string };
  deleteOrganization: { organization: string };
  join: { user: string; organization: string };
  leave: { membership: string };
  chaos: Partial<Chaos>;
  /** Two runs, the second as if a day later: what both miss is deleted. */
  reconcile: Record<string, never>;
  /** Hands over at once what waits in the outbox. */
  tell: Record<string, never>;
};
