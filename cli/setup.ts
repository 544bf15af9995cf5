/** `npm run setup`: from a Clerk application and a Neon database to a copy that is live. */
import { intro, log, outro } from "@clack/prompts";
import { parse } from "smol-toml";
import { bindingNames, type Bindings } from "../src/settings.ts";
import { readDevVars } from "./dev-vars.ts";
import { type Lifetime, run } from "./lifetime.ts";
import { misused, readOptions } from "./options.ts";
import { askAt, Cancelled } from "./setup/ask.ts";
import { backfillStep } from "./setup/backfill-step.ts";
import { clerkStep } from "./setup/clerk-step.ts";
import { databaseStep } from "./setup/database-step.ts";
import { deliveryStep } from "./setup/delivery-step.ts";
import { deployStep } from "./setup/deploy-step.ts";
import { readKept } from "./setup/kept.ts";
import { migrateStep } from "./setup/migrate-step.ts";
import { rolesStep } from "./setup/roles-step.ts";
import { secretsStep } from "./setup/secrets-step.ts";
import { type Given, type Session, type StepName, stepNames } from "./setup/session.ts";
import { readToml, settingsStep } from "./setup/settings-step.ts";
import { type Ended, runSteps, type Step } from "./setup/step.ts";
import { webhookStep } from "./setup/webhook-step.ts";
import { wranglerIn } from "./setup/wrangler.ts";

const steps: Record<StepName, Step> = {
  database: databaseStep,
  migrate: migrateStep,
  roles: rolesStep,
  clerk: clerkStep,
  settings: settingsStep,
  deploy: deployStep,
  secrets: secretsStep,
  webhook: webhookStep,
  delivery: deliveryStep,
  backfill: backfillStep,
};

const help = `Sets up the copy: tables, roles, the Worker with its settings and secrets, the webhook, and what exists already.

  npm run setup -- [options]

In a terminal it asks for what it needs, and before each change. Run it again at any time: it finds what is done already.
Without a terminal, the environment and these options have the answers.

  --yes               agree to every step
  --skip STEP         leave a step out; may be given several times, or with commas. The steps:
                      ${stepNames.slice(0, 7).join(", ")},
                      ${stepNames.slice(7).join(", ")}
  --new-passwords     make new passwords for the three roles (default: keep those that they have)
  --replace-secret    give the Worker CLERK_WEBHOOK_SIGNING_SECRET though it has another one
  --worker-url URL    the Worker's address, if it is not one of workers.dev (default: what the deployment says)
  --wait SECONDS      how long to wait for the first delivery (default 300)
  --no-wait           do not wait for it, as --skip delivery
  --database-url URL  the database, as its owner (default: DATABASE_URL of the environment, else of .dev.vars)
  --dry-run           only say what the steps would do
  --help

Secrets are asked for without being shown, or read from the environment: DATABASE_URL, CLERK_SECRET_KEY (both also from
.dev.vars) and CLERK_WEBHOOK_SIGNING_SECRET. Others on this machine see a command's arguments, so prefer these to
--database-url. CLOUDFLARE_API_TOKEN replaces \`npx wrangler login\`.

Exit codes: 0 done, 1 a step failed, or an answer is missing, 2 invalid option, 130 ended by Ctrl-C.
`;

const { values: options } = readOptions(help, {
  yes: { type: "boolean", default: false },
  skip: { type: "string", multiple: true, default: [] },
  "new-passwords": { type: "boolean", default: false },
  "replace-secret": { type: "boolean", default: false },
  "worker-url": { type: "string" },
  wait: { type: "string", default: "300" },
  "no-wait": { type: "boolean", default: false },
  "database-url": { type: "string" },
  "dry-run": { type: "boolean", default: false },
});

const isStepName = (name: string): name is StepName => (stepNames as readonly string[]).includes(name);

const skips = new Set<StepName>(options["no-wait"] ? ["delivery"] : []);
for (const name of options.skip.flatMap((names) => names.split(",")).map((one) => one.trim())) {
  skips.add(isStepName(name) ? name : misused(`--skip must be one of ${stepNames.join(", ")}`));
}
const waitSeconds = Number(options.wait);
if (!Number.isInteger(waitSeconds) || waitSeconds < 0) misused("--wait must be a whole number of seconds");
const workerUrl = options["worker-url"]?.replace(/\/+$/, "").replace(/\/api\/webhook$/, "");
if (workerUrl !== undefined && !/^https?:$/.test(URL.parse(workerUrl)?.protocol ?? "")) {
  misused("--worker-url must be the address of the Worker, https://…");
}

const givenIn = (): Given => {
  const vars = readDevVars();
  const find = (name: (typeof bindingNames)[number] & keyof Bindings) => {
    const [own, other] = [process.env[name]?.trim(), vars[name]];
    if (own) return { text: own, from: "the environment" };
    return typeof other === "string" && other.trim() !== "" ? { text: other.trim(), from: ".dev.vars" } : undefined;
  };
  const flag = options["database-url"];
  return {
    databaseUrl: flag === undefined ? find("DATABASE_URL") : { text: flag, from: "--database-url" },
    secretKey: find("CLERK_SECRET_KEY"),
    // That of .dev.vars is for this machine only.
    signingSecret: process.env.CLERK_WEBHOOK_SIGNING_SECRET?.trim() || undefined,
    workerUrl,
    hasNewPasswords: options["new-passwords"],
    isSecretReplaced: options["replace-secret"],
    isAgreed: options.yes,
    waitSeconds,
    clerkApiUrl: find("CLERK_API_URL")?.text,
    neonFetchEndpoint: find("NEON_FETCH_ENDPOINT")?.text,
  };
};

const workerName = (): string => {
  const { name } = parse(readToml());
  return typeof name === "string" ? name : "clerk-mirror";
};

const main = async (life: Lifetime): Promise<number> => {
  if (options["dry-run"]) return say();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const session: Session = {
    life,
    ask: askAt(isTerminal, options.yes),
    askAnyway: askAt(isTerminal, false),
    wrangler: wranglerIn(life),
    skips,
    given: givenIn(),
    kept: readKept(workerName()),
    isLoggedIn: false,
  };
  let isWhole = false;
  await life.start(
    Promise.resolve({
      close: async () => {
        // A question that a signal interrupts leaves the cursor hidden, and a wait leaves its line.
        if (isTerminal) process.stdout.write("\u001B[?25h\r\u001B[2K");
        if (!isWhole) outro("Stopped. Run `npm run setup` again: it goes on here.");
      },
    }),
  );
  intro("clerk-mirror: an exact copy of your Clerk instance in your Neon Postgres");
  try {
    const ended = await runSteps(
      session,
      stepNames.map((name) => steps[name]),
    );
    isWhole = !ended.isStopped;
    if (isWhole) conclude(session, ended);
    return isWhole && ![...ended.outcomes.values()].some(({ kind }) => kind === "failed") ? 0 : 1;
  } catch (error) {
    if (error instanceof Cancelled) return 130;
    throw error;
  }
};

/** Says what the steps would do. */
const say = (): number => {
  intro("Dry run: nothing is asked, changed or sent");
  for (const [index, name] of stepNames.entries()) {
    const { title, plan } = steps[name];
    log.step(
      `${index + 1}/${stepNames.length} ${title} (${name})\n${skips.has(name) ? "Skipped, as --skip says." : plan}`,
    );
  }
  outro("Nothing was done.");
  return 0;
};

const conclude = ({ kept, given }: Session, { outcomes }: Ended): void => {
  const words = { done: "done", already: "done before", skipped: "skipped", failed: "failed, and skipped" };
  const url = given.workerUrl ?? kept.url;
  log.message(
    [
      ...[...outcomes].map(([name, { kind }]) => `${steps[name].title.replace(/ \(.*/, "").padEnd(20)} ${words[kind]}`),
      "",
      "How the copy is:  npm run status",
      `Its log:          npx wrangler tail, or Cloudflare's dashboard: Workers & Pages,\n                  ${kept.worker}, Logs`,
      ...(url === undefined ? [] : [`Its health:       ${url}/health`]),
    ].join("\n"),
  );
  const { kind } = outcomes.get("delivery") ?? { kind: "skipped" };
  const isLive = kind === "done" || kind === "already";
  outro(isLive ? "The copy is live." : "Run `npm run setup` again for what was left out.");
};

await run(main);
