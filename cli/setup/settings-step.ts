import { readFileSync, writeFileSync } from "node:fs";
import { styleText } from "node:util";
import { tell } from "./ask.ts";
import { diffOf } from "./diff.ts";
import { placementOf } from "./region.ts";
import type { Session } from "./session.ts";
import { already, done, failed, skipped, type Step } from "./step.ts";
import { type Setting, settingIn, tableIn, withSetting } from "./wrangler-toml.ts";

const file = new URL("../../wrangler.toml", import.meta.url);
export const readToml = (): string => readFileSync(file, "utf8");

/** 5. What of the settings is no secret. */
export const settingsStep: Step = {
  name: "settings",
  title: "Settings",
  plan: "Writes to wrangler.toml which Clerk instance is copied, and the region of the\ndatabase, so that the Worker runs beside it.",
  run: async (session) => {
    const before = readToml();
    const settings = wantedIn(session, before);
    let after = before;
    for (const setting of settings) {
      const { table, key, value } = setting;
      if (settingIn(after, setting) === value) continue;
      const edited = withSetting(after, setting);
      if (edited === undefined) {
        return failed(
          `wrangler.toml has [${table}] in a form that setup does not edit.`,
          `Set ${key} = ${JSON.stringify(value)} under [${table}] by hand, and try again.`,
        );
      }
      after = edited;
    }
    if (after === before) return already("wrangler.toml has all of it already.");

    tell(...diffOf(before, after).map(({ sign, text }) => colored(sign, `${sign} ${text}`)));
    const pinned = settingIn(before, instance);
    if (pinned !== undefined && session.clerk !== undefined && pinned !== session.clerk.instanceId) {
      const text = `wrangler.toml has CLERK_INSTANCE_ID ${pinned}, and CLERK_SECRET_KEY is of ${session.clerk.instanceId}.`;
      if (!session.ask.isTerminal) {
        return failed(
          text,
          "A copy is of one instance. Use the other key, or change CLERK_INSTANCE_ID in wrangler.toml.",
        );
      }
      tell(styleText("yellow", `${text} A copy is of one instance.`));
    }
    if (!(await session.ask.agree("Write this to wrangler.toml?")))
      return skipped("Skipped: wrangler.toml stays as it is.");
    writeFileSync(file, after);
    return done("wrangler.toml is written. Commit it: there is no secret in it.");
  },
};

const instance = { table: "vars", key: "CLERK_INSTANCE_ID" };

/** Says so where it cannot know one. */
const wantedIn = ({ clerk, database }: Session, toml: string): Setting[] => {
  const settings: Setting[] = [];
  if (clerk === undefined)
    tell("The instance is not known without Clerk's secret key: CLERK_INSTANCE_ID is left as it is.");
  else settings.push({ ...instance, value: clerk.instanceId });

  const { hostname } = database === undefined ? { hostname: "" } : new URL(database.url);
  const region = placementOf(hostname);
  const own = Object.keys(tableIn(toml, "placement")).filter((key) => key !== "region");
  if (region === undefined) {
    if (hostname !== "") tell(`The region of ${hostname} is not known here: [placement] is left as it is.`);
  } else if (own.length > 0) tell(`[placement] has ${own.join(", ")}, which is left as it is.`);
  else settings.push({ table: "placement", key: "region", value: region });
  return settings;
};

const colored = (sign: string, line: string): string => {
  if (sign === " ") return styleText("dim", line);
  return styleText(sign === "+" ? "green" : "red", line);
};
