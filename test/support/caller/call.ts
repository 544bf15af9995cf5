import type { EnsureOptions, OrganizationRow, UserRow } from "../../../src/sync/ensure.ts";

/** What the caller is told to do, and what it tells of it. */

export type Call = {
  /** The binding; `MIRROR` without it. */
  mirror?: "MIRROR" | "WITHOUT_KEY" | "WRONG_KEY" | "WITHOUT_DATABASE" | "FORGETFUL";
  method?: "ensureUser" | "ensureOrganization";
  id: string;
  options?: EnsureOptions;
  /** How often at once. */
  times?: number;
  /** An address: when it answers, the caller answers without what is not there yet, which ends its invocation. */
  until?: string;
};

export type Row = UserRow | OrganizationRow;

export type Outcome = { row: Row | null } | { error: { name: string; message: string } } | { abandoned: true };
