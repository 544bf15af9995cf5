/**
 * For Node's `--import`: modules of drizzle-orm that import each other are found without a look at its package.json.
 * Node reads those 180 kB anew for each of a hundred modules, which is most of the time that a command takes to start.
 */
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith(".") && context.parentURL?.includes("/node_modules/drizzle-orm/")
      ? { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true }
      : next(specifier, context),
});
