/** Starts everything for local work, in one terminal: `npm run dev`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe } from "../src/result.ts";
import { readSettings } from "../src/settings.ts";
import { ensureSigningSecret, readDevVars } from "../cli/dev-vars.ts";
import { startGateway } from "./gateway.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { startLocalDatabase } from "./local-database.ts";
import { migrate } from "../cli/migrate.ts";
import { misused, readOptions } from "../cli/options.ts";

const help = `Starts a Postgres, a gateway that speaks Neon's protocol, and the Worker.

  npm run dev -- [options]

  --port PORT      the Worker's port (default 8787)
  --folder FOLDER  where the local Postgres is kept (default .local)
  --help

To use another Postgres, set DATABASE_URL in .dev.vars.
`;

const { values: options } = readOptions(help, {
  port: { type: "string", default: "8787" },
  folder: { type: "string", default: ".local" },
});
if (!/^[0-9]{1,5}$/.test(options.port) || Number(options.port) < 1 || Number(options.port) > 65_535) {
  misused(`--port must be a whole number from 1 to 65535, not ${options.port}`);
}

const main = async (life: Lifetime): Promise<number> => {
  if (ensureSigningSecret()) console.log("Made a signing secret in .dev.vars.");
  const vars = readDevVars();
  const own = vars.DATABASE_URL || undefined;
  const settings = readSettings({ ...vars, DATABASE_URL: own ?? "postgresql://local:local@127.0.0.1/local" });
  if (!settings.ok) throw new Error(`.dev.vars: ${describe(settings.failure)}`);

  let databaseUrl = own;
  if (databaseUrl === undefined) {
    console.log(`Starting Postgres in ${options.folder} …`);
    databaseUrl = (await life.start(startLocalDatabase(options.folder))).connectionString;
  }
  console.log("Migrating …");
  await migrate(databaseUrl);

  // Leave the user's own connection string to wrangler, which reads .dev.vars: everybody can see a process's arguments.
  const bindings: Record<string, string> = own === undefined ? { DATABASE_URL: databaseUrl } : {};
  if (!new URL(databaseUrl).hostname.endsWith(".neon.tech")) {
    bindings.NEON_FETCH_ENDPOINT = (await life.start(startGateway())).url;
  }

  console.log(`
Postgres  ${own === undefined ? databaseUrl : "DATABASE_URL of .dev.vars"}
Worker    http://localhost:${options.port}/api/webhook, once wrangler says that it is ready

In another terminal:
  npm run trigger -- user.created --id user_1${options.port === "8787" ? "" : ` --url http://localhost:${options.port}/api/webhook`}
${own === undefined ? `  psql ${databaseUrl} -c 'select id, email, name from clerk.users'\n  DATABASE_URL=${databaseUrl} npm run db:studio\n` : ""}
Ctrl-C stops everything.
`);

  // Run wrangler's own program with this Node: if a shell or npx in between is killed, it leaves wrangler running.
  const wrangler = spawn(
    process.execPath,
    [
      fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url)),
      "dev",
      "--port",
      options.port,
      ...Object.entries(bindings).flatMap(([name, value]) => ["--var", `${name}:${value}`]),
    ],
    { stdio: "inherit", cwd: fileURLToPath(new URL("..", import.meta.url)) },
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

await run(main);
