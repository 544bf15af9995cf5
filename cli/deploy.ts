/** `npm run deploy`: migrates the database if it is known here, then deploys the Worker. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { faultsAfterMigration, messageOfFaults } from "./after-migration.ts";
import { CommandError } from "./command-error.ts";
import { readDevVars } from "./dev-vars.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { migrate } from "./migrate.ts";
import { databaseUrlOf, nameOf } from "./target.ts";

const help = `Brings the schema clerk of the database up to date, and deploys the Worker.

  DATABASE_URL='postgresql://user:password@host/database' npm run deploy

DATABASE_URL is read from the environment, else from .dev.vars. Use the owner of the database. Without it, only the Worker
is deployed. Everything after -- goes to wrangler deploy (npx wrangler deploy --help lists its options):

  npm run deploy -- --dry-run      deploy nothing, and do not migrate

Exit codes: 1 the migration failed, or the schema is not as this release expects, and nothing was deployed; else that of wrangler deploy.
`;

const root = fileURLToPath(new URL("..", import.meta.url));

const parameters = process.argv.slice(2);
if (parameters.includes("--help") || parameters.includes("-h")) {
  console.log(help);
  process.exit(0);
}
const isDryRun = parameters.some((parameter) => /^--dry-run(=true)?$/.test(parameter));

/** The Worker of the last deploy goes on with a newer schema, and a new Worker does not with an older one. */
const migrateIfKnown = async (): Promise<void> => {
  const known = process.env.DATABASE_URL || readDevVars().DATABASE_URL;
  if (isDryRun) return console.log("The database is not migrated: this is a dry run.");
  if (!known?.trim()) {
    return console.log(
      "The database is not migrated: DATABASE_URL is neither in the environment nor in .dev.vars. If this is a new\n" +
        "database or a new release, run this once, as the owner of the database:\n" +
        "  DATABASE_URL='postgresql://user:password@host/database?sslmode=require' npm run db:migrate",
    );
  }
  const databaseUrl = databaseUrlOf(known, "deploy");
  console.log(`Migrating ${nameOf(databaseUrl)} …`);
  await migrate(databaseUrl);
  const faults = await faultsAfterMigration(databaseUrl);
  if (faults.length > 0) throw new CommandError(messageOfFaults(faults));
  console.log("The schema clerk is up to date.");
};

const wrangler = async (life: Lifetime, command: readonly string[]): Promise<number> => {
  // By its file: npm's own launchers would outlive this process.
  const child = spawn(process.execPath, ["node_modules/wrangler/bin/wrangler.js", ...command], {
    cwd: root,
    stdio: "inherit",
  });
  const ended = once(child, "exit");
  await life.start(Promise.resolve({ close: async () => child.kill() }));
  const [code] = (await ended) as [number | null];
  return code ?? 1;
};

await run(async (life) => {
  await migrateIfKnown();
  return wrangler(life, ["deploy", ...parameters]);
});
