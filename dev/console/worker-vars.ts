import { readFileSync } from "node:fs";
import { bindingNames, type Bindings } from "../../src/settings.ts";

/** What the owner has set for the Worker in wrangler.toml, as far as it concerns what runs beside it. */
export type WorkerVars = { vars: Bindings; hasAppBinding: boolean };

/** Of the file: the lines of `[vars]` that are settings, and whether a service is bound as `APP`. */
export const workerVarsIn = (toml: string): WorkerVars => {
  const vars: Bindings = {};
  let hasAppBinding = false;
  for (const section of toml.split(/^(?=\[)/m)) {
    if (section.startsWith("[[services]]")) hasAppBinding ||= /^binding\s*=\s*["']APP["']/m.test(section);
    if (!section.startsWith("[vars]")) continue;
    for (const name of bindingNames) {
      const value = new RegExp(String.raw`^${name}\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.]+))`, "m").exec(section);
      if (value !== null) vars[name] = value[1] ?? value[2] ?? value[3];
    }
  }
  return { vars, hasAppBinding };
};

export const readWorkerVars = (): WorkerVars =>
  workerVarsIn(readFileSync(new URL("../../wrangler.toml", import.meta.url), "utf8"));

/** Whether the Worker tells an app of the owner's own of changes. */
export const hasOwnApp = ({ vars, hasAppBinding }: WorkerVars, devVars: Bindings): boolean =>
  hasAppBinding || [vars, devVars].some((one) => Boolean(one.MIRROR_NOTIFY_URL || one.MIRROR_NOTIFY_SECRET));
