/** Sends a signed event to the local Worker: `npm run trigger -- user.created`. */
import { readFileSync } from "node:fs";
import { describe } from "../cli/describe.ts";
import { readSettings } from "../src/settings.ts";
import { clerkId } from "./clerk/events.ts";
import { send, signDelivery } from "./clerk/delivery.ts";
import { triggeredEvent, triggerTypes } from "./clerk/samples.ts";
import { newSigningSecret, readDevVars } from "../cli/dev-vars.ts";
import { misused, readOptions } from "../cli/options.ts";

const help = `Sends a signed Clerk event to the Worker and prints the answer.

  npm run trigger -- TYPE [options]

  TYPE                  a type of Clerk's events: user.created, session.ended, organization.updated, subscription.active, …
                        (--list prints them all)

  --id ID               the object's id (default: a new one)
  --user ID             the id of the user that the object belongs to
  --set FIELD=VALUE     set a field of the object to JSON, or to text if VALUE is not JSON (repeatable)
  --payload FILE        send this event instead of a sample: JSON as Clerk's dashboard shows it
  --age SECONDS         how old the event is; it is signed now, as Svix signs each attempt
  --signed SECONDS      how long ago it was signed: the Worker takes 300 s
  --delivery ID         the delivery's id (svix-id)
  --times N             send the same delivery so often, as Svix does if it has no answer
  --wrong-signature     sign with a secret that the Worker does not have
  --url URL             the Worker's address (default http://localhost:8787/api/webhook)
  --list                print all types
  --json                print each answer as one line of JSON
  --help

  npm run trigger -- user.created --id user_1 --set first_name=Sam
  npm run trigger -- user.updated --id user_1 --set 'public_metadata={"plan":"pro"}'
  npm run trigger -- user.updated --id user_1 --age 400
  npm run trigger -- user.deleted --id user_1
`;

/** Exits with 1 before anything is sent. */
const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const { values: options, positionals } = readOptions(
  help,
  {
    id: { type: "string" },
    user: { type: "string" },
    set: { type: "string", multiple: true, default: [] as string[] },
    payload: { type: "string" },
    age: { type: "string", default: "0" },
    signed: { type: "string", default: "0" },
    times: { type: "string", default: "1" },
    list: { type: "boolean", default: false },
    delivery: { type: "string" },
    "wrong-signature": { type: "boolean", default: false },
    url: { type: "string", default: "http://localhost:8787/api/webhook" },
    json: { type: "boolean", default: false },
  },
  true,
);

if (options.list) {
  console.log(triggerTypes.join("\n"));
  process.exit(0);
}
const secondsOf = (name: "age" | "signed"): number => {
  const seconds = Number(options[name]);
  return Number.isFinite(seconds) ? seconds : misused(`--${name} must be a number of seconds`);
};
const times = Number(options.times);
if (!Number.isInteger(times) || times < 1) misused(`--times must be a whole number from 1`);
if (!URL.canParse(options.url)) misused(`--url must be a URL`);
const at = Math.round(Date.now() - secondsOf("age") * 1000);
const signedAt = Math.round(Date.now() - secondsOf("signed") * 1000);

const fieldsOf = (assignments: string[]): Record<string, unknown> =>
  Object.fromEntries(
    assignments.map((assignment) => {
      const [, field, value] = /^([a-z0-9_]+)=(.*)$/s.exec(assignment) ?? misused(`--set must be FIELD=VALUE`);
      return [field, jsonOr(value ?? "")];
    }),
  );

const jsonOr = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

type Sent = { type?: unknown; data?: { id?: unknown } };

const payload = (file: string): Sent => {
  if (positionals.length > 0) misused(`Leave out ${positionals.join(" ")}: --payload says what is sent`);
  try {
    const event: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof event === "object" && event !== null && !Array.isArray(event)
      ? event
      : fail(`${file} is not an event: it must be a JSON object`);
  } catch (error) {
    // What JSON.parse says quotes the text.
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    return fail(`${file} cannot be read as JSON${code}`);
  }
};

const sample = (): Sent => {
  const [name, ...rest] = positionals;
  if (rest.length > 0) misused(`Unknown argument ${rest.join(" ")}. To set the id, use --id.`);
  const type = triggerTypes.find((known) => known === name);
  if (type === undefined) {
    const wrong =
      name === undefined ? "TYPE is missing" : `Clerk has no event ${name}: --list prints those that it has.`;
    return misused(`${wrong}\n\n${help}`);
  }
  const fields = fieldsOf(options.set);
  if (options.id !== undefined) fields.id = options.id;
  return triggeredEvent(type, at, fields, options.user);
};
const event = options.payload === undefined ? sample() : payload(options.payload);

const vars = readDevVars();
const settings = readSettings({
  ...vars,
  DATABASE_URL: "postgresql://local:local@127.0.0.1/local",
  NEON_FETCH_ENDPOINT: "http://127.0.0.1/sql",
});
const secret = vars.CLERK_WEBHOOK_SIGNING_SECRET?.trim().split(/\s+/)[0] ?? "";
if (!settings.ok) {
  fail(
    `.dev.vars: ${describe(settings.failure)}\nRun \`npm run dev\` first: it makes a signing secret if there is none.`,
  );
}

const id = options.delivery ?? clerkId("msg");
const signed = signDelivery(options["wrong-signature"] ? newSigningSecret() : secret, id, event, signedAt);
const { type, data } = event;
if (!options.json) console.log(`${String(type)} of ${String(data?.id)} as ${id}`);
for (let time = 0; time < times; time += 1) {
  const answer = await send(options.url, signed).catch(() =>
    fail(`Nothing answers at ${options.url}. Start the Worker with \`npm run dev\`, or give its address with --url.`),
  );
  console.log(
    options.json
      ? JSON.stringify({ delivery: id, type, object: data?.id, status: answer.status, answer: jsonOr(answer.body) })
      : `${answer.status} ${answer.body}`,
  );
  if (answer.status >= 300) process.exitCode = 1;
}
