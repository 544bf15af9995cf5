import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";
import type { Change } from "../../src/database/change.ts";

/** A Worker of yours that welcomes whoever signs up, and keeps a customer for each user: once, whatever is told twice. */

type Env = { CUSTOMERS: DurableObjectNamespace<Customer> };

type UserChange = Change<"users">;

/** clerk-mirror calls this, by the binding `APP`. */
export class Changes extends WorkerEntrypoint<Env> {
  async changed(changes: Change[]) {
    const failed = await Promise.all(
      changes.map(async (change) => {
        if (change.table !== "users") return [];
        try {
          await this.env.CUSTOMERS.getByName(change.id).changed(change);
          return [];
        } catch (error) {
          // It comes again. The error may hold an address: its name is enough.
          console.error(JSON.stringify({ failed: change.id, error: error instanceof Error ? error.name : "unknown" }));
          return [{ table: change.table, id: change.id }];
        }
      }),
    );
    return { failed: failed.flat() };
  }
}

/** What was done for a user. */
type Account = { generation: number; customer?: string; isWelcomed?: boolean };

/** One per user. Each step is written down when it is done, so that a change that comes again goes on where it failed. */
export class Customer extends DurableObject<Env> {
  #last: Promise<void> = Promise.resolve();

  /** One change at a time: a slow one must not overtake a newer one. */
  changed(change: UserChange): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(() => this.#work(change));
    return this.#last;
  }

  async #work({ id, generation, row }: UserChange): Promise<void> {
    let account: Account = (await this.ctx.storage.get<Account>("account")) ?? { generation: 0 };
    // A newer change has been here.
    if (generation < account.generation) return;
    const keep = async (more: Partial<Account>): Promise<void> => {
      account = { ...account, ...more, generation };
      await this.ctx.storage.put("account", account);
    };

    if (row === null) {
      if (account.customer !== undefined) await closeCustomer(account.customer);
      return keep({ customer: undefined });
    }
    if (account.customer === undefined) await keep({ customer: await makeCustomer(id) });
    if (isNew(row.created_at) && account.isWelcomed !== true) {
      await sendWelcome(id, row.email);
      await keep({ isWelcomed: true });
    }
    await keep({});
  }
}

/** Not by `kind`: an update of somebody who has been here for years may be the first that the copy learns of. */
const isNew = (created_at: string | null): boolean => Date.now() - Date.parse(created_at ?? "") < 2 * 86_400_000;

// Stand-ins. A real one sends the id as its Idempotency-Key: this Worker may die after the request and before it is written
// down.
const makeCustomer = async (id: string): Promise<string> => {
  console.log(JSON.stringify({ did: "customer", id }));
  return `cus_${id}`;
};
const closeCustomer = async (customer: string): Promise<void> => {
  console.log(JSON.stringify({ did: "close", customer }));
};
const sendWelcome = async (id: string, email: string | null): Promise<void> => {
  console.log(JSON.stringify({ did: "welcome", id, hasAddress: email !== null }));
};

export default {
  fetch: () => new Response("Not found", { status: 404 }),
} satisfies ExportedHandler<Env>;
