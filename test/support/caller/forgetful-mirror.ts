import { WorkerEntrypoint } from "cloudflare:workers";
import { ensure, type EnsureOptions, type UserRow } from "../../../src/sync/ensure.ts";
import type { Bindings } from "../../../src/settings.ts";

/** `Mirror` in a runtime that drops an invocation's pending work as soon as its caller is gone. */
export class Mirror extends WorkerEntrypoint<Bindings> {
  ensureUser(id: string, options?: EnsureOptions): Promise<UserRow | null> {
    return ensure(this.env, { waitUntil: () => {} }, "users", id, options);
  }
}

export default { fetch: () => new Response(null, { status: 404 }) } satisfies ExportedHandler;
