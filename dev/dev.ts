/** Starts everything for local work, in one terminal: `npm run dev`. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { describe } from "../cli/describe.ts";
import { readSettings } from "../src/settings.ts";
import { CommandError } from "../cli/command-error.ts";
import { confirm } from "../cli/confirm.ts";
import { isNeon } from "../src/connection-string.ts";
import { nameOf } from "../cli/target.ts";
import { ensureSigningSecret, readDevVars } from "../cli/dev-vars.ts";
import { startGateway } from "./gateway.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { startLocalClerk } from "./local-clerk.ts";
import { startLocalDatabase } from "./local-database.ts";
import { migrate } from "../cli/migrate.ts";
import { misused, readOptions } from "../cli/options.ts";

const help = `Starts a Postgres, a gateway that speaks Neon's protocol, and the Worker.

  npm run dev -- [options]

  --port PORT      the Worker's port (default 8787)
  --folder FOLDER  where the local Postgres is kept (default .local)
  --users N        how many users the simulated Clerk has (default 2000)
  --yes            do not ask before another Postgres is migrated and used
  --help

To use another Postgres, set DATABASE_URL in .dev.vars. Without that and CLERK_SECRET_KEY it serves the Backend API of a
simulated Clerk, whose people are invented: \`npm run backfill -- --local\` copies it.
`;

const { values: options } = readOptions(help, {
  port: { type: "string", default: "8787" },
  folder: { type: "string", default: ".local" },
  users: { type: "string", default: "2000" },
  yes: { type: "boolean", default: false },
});
if (!/^[0-9]{1,5}$/.test(options.port) || Number(options.port) < 1 || Number(options.port) > 65_535) {
  misused(`--port must be a whole number from 1 to 65535`);
}

if (!/^[0-9]{1,7}$/.test(options.users)) misused(`--users must be a whole number`);

const main = async (life: Lifetime): Promise<number> => {
  if (ensureSigningSecret()) console.log("Made a signing secret in .dev.vars.");
  const vars = readDevVars();
  const isOwn = Boolean(vars.DATABASE_URL?.trim());
  const settings = readSettings({
    ...vars,
    DATABASE_URL: isOwn ? vars.DATABASE_URL : "postgresql://local:local@127.0.0.1/local",
    NEON_FETCH_ENDPOINT: isOwn && isNeon(vars.DATABASE_URL ?? "") ? vars.NEON_FETCH_ENDPOINT : "http://127.0.0.1/sql",
  });
  if (!settings.ok) throw new CommandError(`.dev.vars: ${describe(settings.failure)}`);
  await assertFree(Number(options.port));

  let { databaseUrl } = settings.value;
  if (isOwn) {
    const name = nameOf(databaseUrl);
    await confirm(`DATABASE_URL of .dev.vars is ${name}. Migrate it, and run the Worker on it?`, options.yes);
  } else {
    console.log(`Starting Postgres in ${options.folder} …`);
    databaseUrl = (await life.start(startLocalDatabase(options.folder))).connectionString;
  }
  console.log("Migrating …");
  await migrate(databaseUrl);

  // Leave the user's own connection string to wrangler, which reads .dev.vars: everybody can see a process's arguments.
  const bindings: Record<string, string> = isOwn ? {} : { DATABASE_URL: databaseUrl };
  if (!isNeon(databaseUrl)) {
    bindings.NEON_FETCH_ENDPOINT = (await life.start(startGateway())).url;
  }

  // A simulated Clerk has nothing to say to somebody's own database.
  const clerk =
    isOwn || vars.CLERK_SECRET_KEY?.trim()
      ? undefined
      : await life.start(startLocalClerk(options.folder, Number(options.users)));
  if (clerk !== undefined) {
    bindings.CLERK_SECRET_KEY = clerk.secretKey;
    bindings.CLERK_API_URL = clerk.url;
  }

  console.log(`
Postgres  ${isOwn ? "DATABASE_URL of .dev.vars" : databaseUrl}
Worker    http://localhost:${options.port}/api/webhook, once wrangler says that it is ready
Clerk     ${clerk === undefined ? (vars.CLERK_SECRET_KEY?.trim() ? "CLERK_SECRET_KEY of .dev.vars" : "no key") : `${clerk.url}, simulated, with ${options.users} users; its key is ${clerk.secretKey}`}

In another terminal:
  npm run trigger -- user.created --id user_1${options.port === "8787" ? "" : ` --url http://localhost:${options.port}/api/webhook`}
${clerk === undefined ? "" : "  npm run backfill -- --local\n  npm run reconcile -- --local\n"}${isOwn ? "" : `  psql ${databaseUrl} -c 'select id, email, name from clerk.users'\n  DATABASE_URL=${databaseUrl} npm run db:studio\n`}
Ctrl-C stops everything.
`);

  // Run wrangler's own program with this Node: if a shell or npx in between is killed, it leaves wrangler running.
  const wrangler = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("with-parent.mjs", import.meta.url)),
      fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url)),
      "dev",
      "--port",
      options.port,
      // Any free one: two that start at once would both choose the one that is usual.
      "--inspector-port",
      "0",
      ...Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { stdio: ["inherit", "inherit", "inherit", "pipe"], cwd: fileURLToPath(new URL("..", import.meta.url)) },
  );
  const ended = new Promise<number>((resolve) => {
    wrangler.once("exit", (code) => resolve(code ?? 1));
    wrangler.once("error", () => resolve(1));
  });
  await life.start(
    Promise.resolve({
      close: async () => {
        wrangler.kill("SIGTERM");
        await ended;
      },
    }),
  );
  const code = await ended;
  // Wrangler receives Ctrl-C too, and may end first.
  return life.isEnding() ? life.end(code) : code;
};

/** Wrangler would take the next port that is free, and what is sent to this one would go elsewhere. */
const assertFree = async (port: number): Promise<void> => {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  server.close();
  if (!isFree)
    throw new CommandError(`Port ${port} is in use, perhaps by an earlier Worker. End it, or give another --port.`);
};

await run(main);
