/** Writes docs/schema.md and the database's own comments from src/schema.ts and dev/generate/schema-notes.ts. */
import { getTableColumns } from "drizzle-orm";
import type { PgColumn, PgTable } from "drizzle-orm/pg-core";
import {
  absences,
  alerts,
  apps,
  crons,
  deliveries,
  leases,
  outbox,
  reconciliations,
  refusals,
  seen,
} from "../../src/schema.ts";
import { all } from "./mirrored-tables.ts";
import { commonNotes, type Notes, notes, ownNotes } from "./schema-notes.ts";

type Table = { name: string; columns: PgColumn[]; notes: Notes; types: readonly string[]; owners: string[] };

const columnsOf = (table: PgTable) => Object.values(getTableColumns(table));

const mirrored = all.map(({ table, columns, events, owners }): Table => ({
  name: table,
  columns,
  notes: notes[table],
  types: events,
  owners: [...new Set(Object.values(owners))],
}));

for (const { name, columns, notes: known } of mirrored) {
  for (const column of Object.keys({ ...known.fields, ...known.notes })) {
    if (!columns.some((has) => has.name === column))
      throw new Error(`dev/generate/schema-notes.ts: ${name} has no ${column}`);
  }
}

const noteOf = ({ notes: known }: Table, column: string): string | undefined =>
  known.notes?.[column] ?? (commonNotes as Record<string, string>)[column];

const fieldOf = ({ notes: known }: Table, column: string): string => {
  if (["deleted_at", "synced_at", "version"].includes(column)) return "";
  return (known.fields?.[column] ?? column)
    .split(", ")
    .map((field) => (/^[a-z0-9_.[\]]+$/.test(field) ? `\`${field}\`` : field))
    .join(", ");
};

const typeOf = (column: PgColumn) =>
  column
    .getSQLType()
    .replace("timestamp (3) with time zone", "timestamptz")
    .replace(/ collate .*/, "");

const section = (table: Table) => `## ${table.name}

${table.notes.comment}

${table.types.length > 0 ? `From ${table.types.map((type) => `\`${type}\``).join(", ")}.\n\n` : ""}| column | type | Clerk's field | |
| --- | --- | --- | --- |
${table.columns.map((column) => `| \`${column.name}\` | ${typeOf(column)} | ${fieldOf(table, column.name)} | ${noteOf(table, column.name) ?? ""} |`).join("\n")}
${leftOf(table.notes)}`;

const leftOf = ({ left }: Notes): string =>
  left === undefined
    ? ""
    : `
Not mirrored: ${Object.entries(left)
        .map(
          ([fields, why]) =>
            `${fields
              .split(", ")
              .map((field) => `\`${field}\``)
              .join(", ")} (${why})`,
        )
        .join("; ")}.
`;

/** The Worker's own tables. Only the ledger's columns come from fields of Clerk's. */
const own = Object.entries({
  deliveries,
  reconciliations,
  absences,
  leases,
  seen,
  outbox,
  apps,
  refusals,
  alerts,
  crons,
}).map(([name, table]): Table => {
  const known = ownNotes[name as keyof typeof ownNotes];
  const columns = columnsOf(table);
  const fields = { ...Object.fromEntries(columns.map((column) => [column.name, " "])), ...known.fields };
  return { name, columns, notes: { ...known, fields }, types: [], owners: [] };
});

/** Of drizzle/functions/views.sql. */
const views = {
  living_users: "The users that are not deleted.",
  living_organizations: "The organizations that are not deleted.",
  living_memberships: "The rows of organization_memberships that are not deleted.",
};

/** What is asked of the tables that grow most, by the index that serves it. */
const indexes = {
  users_email_index: "where email = $1, as Clerk writes the address",
  users_email_lower_index: "where lower(email) = lower($1), as somebody types it",
  users_username_index: "where username = $1",
  users_phone_index: "where phone = $1",
  users_external_id_index: "where external_id = $1",
  users_created_at_index: "where created_at is not null order by created_at desc limit 20",
  organizations_slug_index: "where slug = $1",
  deliveries_subject_id_index: "where subject_id = $1, an object's id",
  deliveries_received_at_index: "order by received_at desc limit 20",
};

export const schemaDocs = `<!-- Made by dev/generate/schema-docs.ts from src/schema.ts. Do not edit. -->

# The schema \`clerk\`

A column has the name and the value of a field in an event's \`data\`, unless the table below names another field; times are \`timestamptz\`. A field that Clerk does not send is null. A column exists only where both Clerk's events and its Backend API have the field: else nobody could tell a missed change from a missing field. These tables do not have foreign keys between them, since a child may arrive before its parent: join them by id. Rows are never removed, so \`on delete cascade\` of a foreign key of yours never fires: [what to do when Clerk deletes somebody](apps.md#deletion). \`clerk.migrations\`, which is not among them, is the journal of \`npm run db:migrate\`.

The user inside a \`session.*\` event and the organization inside an \`organizationMembership.*\` event are mirrored too. \`email.created\` and \`sms.created\` hold messages with one-time codes: they are acknowledged, and leave only a line in the ledger. So do \`user.merged\` and \`directoryGroup.*\`, whose form Clerk has not published yet (after a merge of users the copy is right by the other events that come with it), and any type that is not named here.

\`MIRROR_OMIT\` may name any column except \`id\`, \`user_id\`, \`organization_id\` and the last five.

${mirrored.map(section).join("\n")}
${own.map(section).join("\n")}
## Views

| view | |
| --- | --- |
${Object.entries(views)
  .map(([name, comment]) => `| \`clerk.${name}\` | ${comment} |`)
  .join("\n")}

They have their table's columns, except \`deleted_at\`, which is null, and \`version\`. A column that a later release adds to a table does not change its view, so that \`select *\` stays what it was. A row whose \`synced_at\` is null has only an id, which your app expected before Clerk's event. Views use the indexes of their tables, and have the rights of the role that asks: its grants and its policies of row-level security hold as they do on the tables.

## Indexes

Ids, also of owners, are indexed in every table. Besides:

| index | serves |
| --- | --- |
${Object.entries(indexes)
  .map(([name, shape]) => `| \`clerk.${name}\` | ${shape.replace(/^[^,]*/, (asked) => `\`${asked}\``)} |`)
  .join("\n")}

\`email_addresses @> '[{"email_address":"…"}]'\` finds any of a user's addresses, and reads every user, two seconds for a million: no index serves it, since that would make each merge 2 to 4 % slower, and have 108 MiB. If you ask it often, the owner of the schema can add one: \`create index concurrently on clerk.users using gin (email_addresses jsonb_path_ops)\`. Do not index what changes at each sign-in, such as \`last_sign_in_at\`: a sign-in would take 13 % longer, and write all indexes of its row. The four of \`lower(email)\`, \`username\`, \`phone\` and \`subject_id\` are together 4 to 12 % of a merge's time. [What they cost](benchmarks.md#queries).
`;

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
const tableComments = [...mirrored, ...own].flatMap((table) => [
  `comment on table clerk.${table.name} is ${quoted(table.notes.comment)};`,
  ...table.columns.flatMap(({ name }) => {
    const note = own.includes(table) ? table.notes.notes?.[name] : noteOf(table, name);
    return note === undefined ? [] : [`comment on column clerk.${table.name}.${name} is ${quoted(note)};`];
  }),
]);
export const comments = [
  "comment on schema clerk is 'A copy of a Clerk instance. Only the function clerk.merge_1 writes its rows.';",
  // Whoever runs the migrations by other means has none.
  `do $$
begin
  if to_regclass('clerk.migrations') is not null then
    comment on table clerk.migrations is 'Which migrations of this schema have run. It goes with the schema.';
  end if;
end
$$;`,
  ...tableComments,
  ...Object.entries(indexes).map(([name, shape]) => `comment on index clerk.${name} is ${quoted(shape)};`),
  ...Object.entries(views).map(([name, comment]) => `comment on view clerk.${name} is ${quoted(comment)};`),
];
