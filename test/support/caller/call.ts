import type { EnsureOptions, OrganizationRow, UserRow } from "../../../src/sync/ensure.ts";

/** What the caller must do, and what it reports. */

export type Call = {
  /** The binding (default `MIRROR`). */
  mirror?: "MIRROR" | "WITHOUT_KEY" | "WRONG_KEY" | "WITHOUT_DATABASE" | "FORGETFUL";
  method?: "ensureUser" | "ensureOrganization";
  id: string;
  options?: EnsureOptions;
  /** How many calls at once. */
  times?: number;
  /** An address: when it answers, the caller answers without what is not there yet, which ends its invocation. */
  until?: string;
};

export type Row = UserRow | OrganizationRow;

export type Outcome = { row: Row | null } | { error: { name: string; message: string } } | { abandoned: true };
