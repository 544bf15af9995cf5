import pg from "pg";
import type { Instance } from "../../../dev/clerk/instance.ts";
import { type Copy, type Delivered, fold, tableNames } from "../worker/fold.ts";

/**
 * What the copy must be: the state of the simulated Clerk, made into rows by the tests' own fold, as if one event per
 * object had just arrived. Subscriptions and payment attempts are read only on request.
 */
export const realityOf = (instance: Instance, tables = usual): Copy => {
  const objects: [string, Iterable<object>][] = [
    ["user", instance.users.values()],
    ["organization", instance.organizations.values()],
    ["organizationMembership", instance.memberships.values()],
    ["organizationInvitation", instance.invitations.values()],
    ["organizationDomain", instance.domains.values()],
    ["role", instance.roles.values()],
    ["permission", instance.permissions.values()],
    ["waitlistEntry", instance.waitlistEntries.values()],
    ["subscriptionItem", instance.subscriptionItems.values()],
    ["session", instance.sessions.values()],
    ["subscription", subscriptionsOf(instance)],
    ["paymentAttempt", instance.paymentAttempts.values()],
  ];
  const told = objects.flatMap(([kind, all]) =>
    [...all].map((object): Delivered => {
      const data = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
      // The organization inside has an event of its own.
      if (kind === "organizationMembership") {
        data.organization = { id: (data.organization as { id: string }).id, updated_at: 0 };
      }
      return { id: "msg_1", event: { type: `${kind}.updated`, timestamp: 1, data } };
    }),
  );
  return withoutVersions(fold(told), tables);
};

/** Of payers that are there: of others Clerk has no list. */
const subscriptionsOf = ({ accounts, users, organizations }: Instance): object[] =>
  [...accounts].flatMap(([payerId, { subscription, payer }]) =>
    users.has(payerId) || organizations.has(payerId) ? [{ ...subscription, payer }] : [],
  );

/** What is compared: all tables, or those that a run reads without being asked to. */
export const everything = tableNames;
const usual = tableNames.filter((table) => table !== "subscriptions" && table !== "payment_attempts");

const withoutVersions = (copy: Copy, tables: readonly string[]): Copy =>
  Object.fromEntries(
    tables.map((table) => [
      table,
      Object.fromEntries(
        Object.entries(copy[table] ?? {}).map(([id, row]) => [
          id,
          Object.fromEntries(Object.entries(row).filter(([name]) => name !== "version")),
        ]),
      ),
    ]),
  );

/** The copy's rows that are not deleted. */
export const livingRows = async (url: string, tables = usual): Promise<Copy> =>
  withoutVersions(await rowsOf(url, tables, "where deleted_at is null"), tables);

/** Every row with its place and its transaction (`ctid`, `xmin`), so that any write shows. */
export const written = async (url: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const tables = [];
    for (const table of tableNames) {
      const { rows } = await client.query(
        `select t.ctid::text, t.xmin::text, t.* from clerk.${table} as t order by id`,
      );
      tables.push(rows);
    }
    return tables;
  } finally {
    await client.end();
  }
};

const rowsOf = async (url: string, tables: readonly string[], where: string): Promise<Copy> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const copy: Copy = {};
    for (const table of tables) {
      const { rows } = await client.query<{ id: string; row: Record<string, unknown> }>(`
        select id, to_jsonb(t) - 'synced_at' - 'deleted_at' || jsonb_build_object('deleted', deleted_at is not null) as row
        from clerk.${table} as t ${where} order by id
      `);
      copy[table] = Object.fromEntries(rows.map(({ id, row }) => [id, row]));
    }
    return copy;
  } finally {
    await client.end();
  }
};
