/** Everything that local work needs, in one terminal: `npm run dev`. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createDevVars, readDevVars } from "./dev-vars.ts";
import { startGateway } from "./gateway.ts";
import { startLocalDatabase } from "./local-database.ts";
import { migrate } from "./migrate.ts";

const help = `Starts a Postgres, a gateway that speaks Neon's protocol, and the Worker.

  npm run dev -- [options]

  --port PORT      of the Worker; 8787 without it
  --folder FOLDER  where the local Postgres is kept; .local without it
  --help

DATABASE_URL in .dev.vars names another Postgres in place of the local one.
`;

const parse = () => {
  try {
    return parseArgs({
      options: {
        port: { type: "string", default: "8787" },
        folder: { type: "string", default: ".local" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return process.exit(1);
  }
};

const options = parse();
if (options.help) {
  console.log(help);
  process.exit(0);
}

/** What is to be ended, in this order. */
const started: { close(): Promise<void> }[] = [];

const end = async (code: number): Promise<never> => {
  for (const part of started.toReversed()) await part.close().catch(() => {});
  process.exit(code);
};

const main = async (): Promise<void> => {
  if (readDevVars() === undefined) {
    createDevVars();
    console.log("Made .dev.vars with a new signing secret.");
  }
  const vars = readDevVars();
  const own = vars?.DATABASE_URL || undefined;

  let databaseUrl = own;
  if (databaseUrl === undefined) {
    console.log(`Starting Postgres in ${options.folder} …`);
    const database = await startLocalDatabase(options.folder);
    started.push(database);
    databaseUrl = database.connectionString;
  }
  await migrate(databaseUrl);

  const bindings: Record<string, string> = { DATABASE_URL: databaseUrl };
  if (!new URL(databaseUrl).hostname.endsWith(".neon.tech")) {
    const gateway = await startGateway();
    started.push(gateway);
    bindings.NEON_FETCH_ENDPOINT = gateway.url;
  }

  console.log(`
Postgres  ${own === undefined ? databaseUrl : "DATABASE_URL of .dev.vars"}
Worker    http://localhost:${options.port}/api/webhook, once wrangler says that it is ready

In another terminal:
  npm run trigger -- user.created --id user_1
${own === undefined ? `  psql ${databaseUrl} -c 'select id, email, name from clerk.users'\n  DATABASE_URL=${databaseUrl} npm run db:studio\n` : ""}
Ctrl-C ends all of it.
`);

  // Wrangler's own program with this Node: a shell or npx in between would leave it running when it is ended.
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
    wrangler.once("exit", (code) => resolve(code ?? 0));
    wrangler.once("error", () => resolve(1));
  });
  started.push({
    close: async () => {
      wrangler.kill("SIGTERM");
      await ended;
    },
  });
  await end(await ended);
};

process.once("SIGINT", () => void end(130));
process.once("SIGTERM", () => void end(143));
process.once("SIGHUP", () => void end(129));

await main().catch(async (error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  await end(1);
});
