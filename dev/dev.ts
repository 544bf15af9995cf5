/** Starts everything for local work, in one terminal: `npm run dev`. */
import { describe } from "../cli/describe.ts";
import { readSettings } from "../src/settings.ts";
import { CommandError } from "../cli/command-error.ts";
import { confirm } from "../cli/confirm.ts";
import { isNeon } from "../src/connection-string.ts";
import { nameOf } from "../cli/target.ts";
import { ensureSigningSecret, readDevVars } from "../cli/dev-vars.ts";
import { hasOwnApp, readWorkerVars } from "./console/worker-vars.ts";
import { startGateway } from "./gateway.ts";
import { type Lifetime, run } from "../cli/lifetime.ts";
import { noteRunning, runningIn } from "./running.ts";
import { snapshotIn } from "./clerk/kept-instance.ts";
import { type StartedClerk, startLocalClerk } from "./local-clerk.ts";
import { InUseError, type Lock, localConnectionString, lockDatabase, startLocalDatabase } from "./local-database.ts";
import { migrate } from "../cli/migrate.ts";
import { misused, portOf, readOptions } from "../cli/options.ts";
import { freePort, isFree } from "./ports.ts";
import { summaryOf } from "./summary.ts";
import { startWorker } from "./worker-process.ts";

const usualUsers = 200;

const help = `Starts a Postgres, a gateway that speaks Neon's protocol, the Worker, a simulated Clerk, and a page that shows them all.

  npm run dev -- [options]

  --port PORT          the Worker's port (default 8787)
  --console-port PORT  the page's port (default 8788)
  --folder FOLDER      where the local Postgres and the simulated Clerk are kept (default .local)
  --users N            how many users a new simulated Clerk has (default ${usualUsers}: a person looks at them)
  --yes                do not ask before another Postgres is migrated and used
  --help

To use another Postgres, set DATABASE_URL in .dev.vars. Without that and CLERK_SECRET_KEY it serves the Backend API of a
simulated Clerk, whose people are invented, and delivers its events to the Worker. Both are kept: to begin anew, delete the folder.
`;

const { values: options } = readOptions(help, {
  port: { type: "string", default: "8787" },
  "console-port": { type: "string", default: "8788" },
  folder: { type: "string", default: ".local" },
  users: { type: "string" },
  yes: { type: "boolean", default: false },
});
const port = portOf("port", options.port);
const consolePort = portOf("console-port", options["console-port"]);
if (port === consolePort) misused("--port and --console-port must be two ports");
if (options.users !== undefined && !/^[0-9]{1,7}$/.test(options.users)) misused(`--users must be a whole number`);

const main = async (life: Lifetime): Promise<number> => {
  if (ensureSigningSecret()) console.log("Made a signing secret in .dev.vars.");
  const vars = readDevVars();
  const isOwn = Boolean(vars.DATABASE_URL?.trim());
  const isSimulated = !isOwn && !vars.CLERK_SECRET_KEY?.trim();
  const settings = readSettings({
    ...vars,
    DATABASE_URL: isOwn ? vars.DATABASE_URL : "postgresql://local:local@127.0.0.1/local",
    NEON_FETCH_ENDPOINT: isOwn && isNeon(vars.DATABASE_URL ?? "") ? vars.NEON_FETCH_ENDPOINT : "http://127.0.0.1/sql",
  });
  if (!settings.ok) throw new CommandError(`.dev.vars: ${describe(settings.failure)}`);

  const lock = isOwn ? undefined : await life.start(lockOrSay(options.folder));
  await assertFree(port, "port", "perhaps by an earlier Worker");
  if (isSimulated) await assertFree(consolePort, "console-port", "perhaps by an earlier page");

  let { databaseUrl } = settings.value;
  let migrating: Promise<void>;
  if (isOwn) {
    const name = nameOf(databaseUrl);
    await confirm(`DATABASE_URL of .dev.vars is ${name}. Migrate it, and run the Worker on it?`, options.yes);
    console.log("Migrating …");
    migrating = migrate(databaseUrl);
    // Here the owner may have to do something first.
    await migrating;
  } else {
    console.log(`Starting Postgres in ${options.folder} …`);
    const databasePort = await freePort();
    databaseUrl = localConnectionString(databasePort);
    // The Worker needs only its address, and takes as long to start.
    migrating = life.start(startLocalDatabase(options.folder, databasePort, lock)).then(() => migrate(databaseUrl));
    migrating.catch(() => {});
  }

  // Leave the user's own connection string to wrangler, which reads .dev.vars: everybody can see a process's arguments.
  const bindings: Record<string, string> = isOwn ? {} : { DATABASE_URL: databaseUrl };
  const gateway = isNeon(databaseUrl) ? undefined : await life.start(startGateway());
  if (gateway !== undefined) bindings.NEON_FETCH_ENDPOINT = gateway.url;

  // A simulated Clerk has nothing to say to somebody's own database.
  const users = Number(options.users ?? usualUsers);
  const clerk = isSimulated ? await life.start(startLocalClerk(options.folder, users)) : undefined;
  if (clerk !== undefined) {
    bindings.CLERK_SECRET_KEY = clerk.secretKey;
    bindings.CLERK_API_URL = clerk.url;
    sayWhence(clerk);
  }

  const own = readWorkerVars();
  // Imported only where there is a page, which the others need not wait for.
  const page = clerk === undefined || gateway === undefined ? undefined : await import("./console/start.ts");
  const app = page === undefined || hasOwnApp(own, vars) ? undefined : await life.start(page.startApp());
  if (app !== undefined) {
    bindings.MIRROR_NOTIFY_URL = app.url;
    bindings.MIRROR_NOTIFY_SECRET = app.secret;
  }

  const worker = await life.start(startWorker(port, bindings));
  const started = async (): Promise<void> => {
    await migrating;
    let address: string | null = null;
    if (page !== undefined && clerk !== undefined && gateway !== undefined) {
      const { instance } = clerk;
      const made = { instance, gateway, app, own, vars, bindings, workerUrl: worker.url };
      address = (await life.start(page.startConsole(made, consolePort))).url;
    }
    if (!isOwn) await life.start(noteRunning(options.folder, { console: address, worker: worker.url }));
    await worker.answered();
    const key = Boolean(vars.CLERK_SECRET_KEY?.trim());
    console.log(summaryOf({ page: address, databaseUrl: isOwn ? undefined : databaseUrl, port, clerk, hasKey: key }));
  };
  const code = await Promise.race([worker.ended, started().then(() => worker.ended)]);
  // Wrangler receives Ctrl-C too, and may end first.
  return life.isEnding() ? life.end(code) : code;
};

/** @throws where the one is that runs in this folder already */
const lockOrSay = async (folder: string): Promise<Lock> => {
  try {
    return await lockDatabase(folder);
  } catch (error) {
    const running = error instanceof InUseError ? await runningIn(folder) : undefined;
    if (running === undefined) throw error;
    const where = running.console === null ? `Its Worker is ${running.worker}` : `Its page is ${running.console}`;
    throw new CommandError(`\`npm run dev\` runs in ${folder} already. ${where}. Stop it, or use another --folder.`);
  }
};

/** Wrangler would take the next port that is free, and what is sent to this one would go elsewhere. */
const assertFree = async (wanted: number, option: "port" | "console-port", by: string): Promise<void> => {
  if (await isFree(wanted)) return;
  throw new CommandError(`Port ${wanted} is in use, ${by}. End it, or give another --${option}.`);
};

const sayWhence = ({ origin, instance }: StartedClerk): void => {
  if (origin === "unreadable") {
    console.log(
      `${snapshotIn(options.folder)} is of another version, or damaged: the simulated Clerk begins anew. To begin with the copy anew too, delete ${options.folder}.`,
    );
  }
  if (origin === "kept" && options.users !== undefined) {
    console.log(
      `--users does not apply: the simulated Clerk of ${options.folder} goes on, with ${instance.users.size} users. To begin anew, delete ${options.folder}.`,
    );
  }
};

await run(main);
