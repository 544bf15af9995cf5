import { readFileSync } from "node:fs";
import { asRole, directUrlOf, isSameDatabase, rowsOf, withClient } from "./own-database.ts";
import { keptPath, readKeptFile, writeKeptFile } from "./kept.ts";
import { newPassword, rolesSql } from "./roles-sql.ts";
import type { OwnDatabase, Session } from "./session.ts";
import { done, failed, skipped, type Step } from "./step.ts";

/** 3. The two roles that limit the Worker and the app to what each needs. */
export const rolesStep: Step = {
  name: "roles",
  title: "Roles (recommended)",
  plan: "Makes two roles with random passwords (drizzle/roles.sql): clerk_mirror for the\nWorker, clerk_app for your app. Without them the Worker connects as the owner.",
  run: async (session) => {
    const { database, ask } = session;
    if (database === undefined) return skipped("Skipped: there is no database.");
    if (!(await hasTables(database))) return skipped("Skipped: the tables are not there yet.");
    if (!database.mayCreateRoles) {
      return failed(
        "The role of DATABASE_URL may not create roles.",
        "Use the owner that Neon made, or skip this step.",
      );
    }
    const here = await rolesHere(database);
    if (!(await ask.agree(here.size === 0 ? "Make the two roles?" : "Bring the two roles up to date?"))) {
      return skipped("Skipped. Later: docs/operations.md, Roles");
    }
    const isKept = here.size > 0 && !session.given.hasNewPasswords && (await isKeeping(session, here));

    const own = await Promise.all(roles.map((role) => passwordOf(database, role, here, isKept)));
    // Before Postgres learns of them: a password that is written down nowhere would lock everybody out.
    for (const [index, { file, role }] of roles.entries()) {
      const { password, isNew } = own[index] ?? { password: undefined, isNew: false };
      if (password !== undefined && isNew) writeKeptFile(file, `${asRole(database.url, role, password)}\n`);
    }
    const [worker, app] = own;
    const template = readFileSync(new URL("../../drizzle/roles.sql", import.meta.url), "utf8");
    const statements = rolesSql(template, { worker: worker?.password, app: app?.password });
    await withClient(database.directUrl, (client) => client.query(statements));

    const url = readKeptFile(workerFile)?.trim();
    if (worker?.password !== undefined && url !== undefined) {
      await rowsOf(directUrlOf(url), "select 1");
      session.workerDatabaseUrl = url;
    }
    return done(
      [
        isKept ? "The roles are up to date, with the passwords that they had." : "The roles are there.",
        ...(app?.password === undefined ? [] : [`Your app's connection string is in ${keptPath(appFile)}.`]),
        ...(worker?.isNew && here.has("clerk_mirror")
          ? ["The Worker has the old password until the step Secrets: its deliveries are sent again."]
          : []),
      ].join("\n"),
    );
  },
};

const workerFile = "worker-database-url";
const appFile = "app-database-url";
const roles = [
  { role: "clerk_mirror", file: workerFile },
  { role: "clerk_app", file: appFile },
] as const;

/** The Worker's connection string of this database, if an earlier run has made its role and it still is let in. */
export const knownWorkerUrl = async (database: OwnDatabase): Promise<string | undefined> => {
  const kept = readKeptFile(workerFile)?.trim();
  if (kept === undefined || !isSameDatabase(kept, database.url)) return undefined;
  const isLetIn = await rowsOf(directUrlOf(kept), "select 1").then(
    () => true,
    () => false,
  );
  return isLetIn ? kept : undefined;
};

/** Which of the two roles there are. */
export const rolesHere = async ({ directUrl }: OwnDatabase): Promise<Set<string>> => {
  const rows = await rowsOf<{ rolname: string }>(
    directUrl,
    "select rolname from pg_roles where rolname in ('clerk_mirror', 'clerk_app')",
  );
  return new Set(rows.map(({ rolname }) => rolname));
};

const hasTables = async ({ directUrl }: OwnDatabase): Promise<boolean> => {
  const [found] = await rowsOf<{ is_there: boolean }>(
    directUrl,
    "select to_regclass('clerk.deliveries') is not null as is_there",
  );
  return found?.is_there ?? false;
};

const isKeeping = async ({ ask }: Session, here: ReadonlySet<string>): Promise<boolean> =>
  (await ask.choose(`${[...here].join(" and ")} exist already. Which passwords?`, [
    { value: "keep", label: "Keep them: what runs now goes on running" },
    { value: "new", label: "Make new ones, and give them to the Worker and your app" },
  ])) === "keep";

/** `isNew`: it is not yet in its file. Without a password the role keeps one that is not known here. */
const passwordOf = async (
  database: OwnDatabase,
  { role, file }: (typeof roles)[number],
  here: ReadonlySet<string>,
  isKept: boolean,
): Promise<{ password: string | undefined; isNew: boolean }> => {
  if (!here.has(role) || !isKept) return { password: newPassword(), isNew: true };
  const kept = readKeptFile(file)?.trim();
  if (kept === undefined || !isSameDatabase(kept, database.url)) return { password: undefined, isNew: false };
  const isLetIn = await rowsOf(directUrlOf(kept), "select 1").then(
    () => true,
    () => false,
  );
  return { password: isLetIn ? decodeURIComponent(new URL(kept).password) : undefined, isNew: false };
};
