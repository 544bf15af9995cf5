/** Sends a signed event to the local Worker: `npm run trigger -- user.created`. */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { clerkId, eventTypes, sampleEvent } from "./clerk/events.ts";
import { send, signDelivery } from "./clerk/delivery.ts";
import { newSigningSecret, readDevVars } from "./dev-vars.ts";

const help = `Sends a signed Clerk event to the Worker and prints the answer.

  npm run trigger -- TYPE [options]

  TYPE                  ${eventTypes.join(", ")}

  --id ID               the object's id; a new one without it
  --set FIELD=VALUE     a field of the object; VALUE is JSON, or text where it is none (repeatable)
  --payload FILE        send this event instead of a sample: JSON as Clerk's dashboard shows it
  --age SECONDS         how old the event and its signature are
  --delivery ID         the delivery's id (svix-id); use one twice for a duplicate
  --wrong-signature     sign with a secret that the Worker does not have
  --url URL             where to; http://localhost:8787/api/webhook without it
  --json                print the answer as one line of JSON
  --help

  npm run trigger -- user.created --id user_1 --set first_name=Grace
  npm run trigger -- user.updated --id user_1 --set 'public_metadata={"plan":"pro"}'
  npm run trigger -- user.updated --id user_1 --age 400
  npm run trigger -- user.deleted --id user_1
`;

const fail = (message: string): never => {
  console.error(message);
  process.exit(1);
};

const parse = () => {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        id: { type: "string" },
        set: { type: "string", multiple: true, default: [] },
        payload: { type: "string" },
        age: { type: "string", default: "0" },
        delivery: { type: "string" },
        "wrong-signature": { type: "boolean", default: false },
        url: { type: "string", default: "http://localhost:8787/api/webhook" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
  }
};

const { values: options, positionals } = parse();
if (options.help) {
  console.log(help);
  process.exit(0);
}

const age = Number(options.age);
if (!Number.isFinite(age)) fail(`--age takes seconds, not ${options.age}`);
const at = Date.now() - age * 1000;

const fieldsOf = (assignments: string[]): Record<string, unknown> =>
  Object.fromEntries(
    assignments.map((assignment) => {
      const [, field, value] =
        /^([a-z0-9_]+)=(.*)$/s.exec(assignment) ?? fail(`--set takes FIELD=VALUE, not ${assignment}`);
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

const payload = (file: string): unknown => {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    return fail(`${file} is no JSON that can be read: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const sample = () => {
  const type =
    eventTypes.find((known) => known === positionals[0]) ??
    fail(`${positionals[0] === undefined ? "Which event?" : `There is no sample of ${positionals[0]}.`}\n\n${help}`);
  return sampleEvent(type, at, { ...(options.id === undefined ? {} : { id: options.id }), ...fieldsOf(options.set) });
};
const event = options.payload === undefined ? sample() : payload(options.payload);

const secret = readDevVars()?.CLERK_WEBHOOK_SIGNING_SECRET?.split(/\s+/)[0];
if (!secret) fail("There is no CLERK_WEBHOOK_SIGNING_SECRET in .dev.vars. `npm run dev` makes one: start it first.");

const id = options.delivery ?? clerkId("msg");
const signed = signDelivery(options["wrong-signature"] ? newSigningSecret() : (secret ?? ""), id, event, at);
const answer = await send(options.url, signed).catch(() =>
  fail(`Nothing answers at ${options.url}. Start the Worker with \`npm run dev\`, or name its address with --url.`),
);
const { type, data } = event as { type?: string; data?: { id?: string } };
console.log(
  options.json
    ? JSON.stringify({ delivery: id, type, object: data?.id, status: answer.status, answer: jsonOr(answer.body) })
    : `${type} of ${data?.id} as ${id}\n${answer.status} ${answer.body}`,
);
process.exitCode = answer.status < 300 ? 0 : 1;
