#!/usr/bin/env node
/**
 * In place of wrangler: takes the commands that setup gives it, writes down what it was given, and answers as the real one.
 * STUB_FOLDER has its state: `calls.jsonl`, `secrets.json`, `logged-out`, and `fail-deploy` and the
 * like, which fail once, with what they hold as the message.
 */
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.STUB_FOLDER;
const parameters = process.argv.slice(2);
const command = parameters.filter((parameter) => !parameter.startsWith("-")).join(" ");
const hasInput = command === "secret bulk";
const stdin = hasInput ? readFileSync(0, "utf8") : "";
const { env } = process;
appendFileSync(join(folder, "calls.jsonl"), `${JSON.stringify({ parameters, stdin, env })}\n`);

const secretsFile = join(folder, "secrets.json");
const secrets = existsSync(secretsFile) ? JSON.parse(readFileSync(secretsFile, "utf8")) : [];

const fault = join(folder, `fail-${command.replaceAll(" ", "-")}`);
if (existsSync(fault)) {
  const said = readFileSync(fault, "utf8");
  rmSync(fault);
  console.error(said || "✘ [ERROR] A request to the Cloudflare API failed.\n\n  Internal error [code: 10013]");
  process.exit(1);
}

const loggedOut = join(folder, "logged-out");
switch (command) {
  case "whoami":
    console.log(
      JSON.stringify(
        existsSync(loggedOut)
          ? { loggedIn: false }
          : { loggedIn: true, authType: "OAuth Token", accounts: [{ name: "Example Ltd", id: "0123456789abcdef" }] },
        null,
        2,
      ),
    );
    process.exitCode = existsSync(loggedOut) ? 1 : 0;
    break;
  case "login":
    rmSync(loggedOut, { force: true });
    console.log("Successfully logged in.");
    break;
  case "deploy": {
    const url = env.STUB_URL ?? "https://clerk-mirror.example.workers.dev";
    console.log(
      `\n ⛅️ wrangler 4.156.2\n────────────────────\nTotal Upload: 210.51 KiB / gzip: 77.60 KiB\nUploaded clerk-mirror (3.21 sec)\nDeployed clerk-mirror triggers (0.87 sec)\n  ${url}\n  schedule: 17 3 * * *\n  schedule: * * * * *\n  workflow: clerk-mirror-reconcile\nCurrent Version ID: 00000000-0000-0000-0000-000000000000`,
    );
    appendFileSync(
      env.WRANGLER_OUTPUT_FILE_PATH,
      [
        { type: "wrangler-session", version: 1, wrangler_version: "4.156.2" },
        { type: "deploy", version: 1, worker_name: "clerk-mirror", targets: [url, "schedule: 17 3 * * *"] },
      ]
        .map((entry) => `${JSON.stringify(entry)}\n`)
        .join(""),
    );
    break;
  }
  case "secret list json":
    console.log(JSON.stringify(secrets.map((name) => ({ name, type: "secret_text" }))));
    break;
  case "secret bulk": {
    const names = Object.keys(JSON.parse(stdin));
    writeFileSync(secretsFile, JSON.stringify([...new Set([...secrets, ...names])]));
    console.log('🌀 Processing the secrets for the Worker "clerk-mirror"');
    for (const name of names) console.log(`✨ Successfully created secret for key: ${name}`);
    console.log(`\nFinished processing secrets file:\n✨ ${names.length} secrets successfully created`);
    break;
  }
  default:
    console.error(`Unknown command: ${command}`);
    process.exitCode = 1;
}
