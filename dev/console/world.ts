import { setTimeout as sleep } from "node:timers/promises";
import type { Chart } from "../../cli/console/protocol.ts";
import { newSigningSecret } from "../../cli/dev-vars.ts";
import type { ServicesWithClerk } from "../../src/services.ts";
import { send } from "../clerk/delivery.ts";
import type { Instance } from "../clerk/instance.ts";
import { startTransport, type TransportOptions } from "../clerk/transport.ts";
import type { Gateway } from "../gateway.ts";
import { answersAt } from "../worker-process.ts";
import type { ConsoleApp } from "./app.ts";
import { type Changes, createChanges } from "./changes.ts";
import { applyChaos, noChaos } from "./chaos.ts";
import { createChart } from "./chart.ts";
import { createComparison } from "./comparison.ts";
import { type CopyReader, openCopy } from "./copy-reader.ts";
import { createDeliveryLog } from "./deliveries.ts";
import { retryOutbox, tellAll } from "./outbox.ts";
import type { Chaos, Deliveries, LocalMessages, Told } from "./protocol.ts";
import { createReconciler, type Reconciler } from "./reconcile.ts";
import { startWatch, type Watch } from "./watch.ts";

/** Everything that the page shows and changes: a simulated Clerk and Svix, the Worker, the copy, and what goes wrong. */
export type World = {
  instance: Instance;
  chaos: Chaos;
  reader: CopyReader;
  watch: Watch;
  reconciler: Reconciler;
  changes: Changes;
  places(): LocalMessages["world"];
  deliveries(): Deliveries;
  chart(): Chart;
  told(): Told;
  /** Does what the chaos says that concerns others than the transport. */
  obeyChaos(): void;
  /** Hands over what waits in the outbox, what has failed too. @returns a sentence for the person if that was not possible */
  tell(): Promise<string | undefined>;
  close(): Promise<void>;
};

export type WorldOptions = {
  instance: Instance;
  /** Where the Worker is or will be, for example `http://127.0.0.1:8787`. */
  workerUrl: string;
  /** What the Worker verifies deliveries with. */
  signingSecret: string;
  gateway: Gateway;
  connectionString: string;
  /** What a run works with, through the gateway. */
  services: ServicesWithClerk;
  /** Undefined if the Worker has no app, or the owner's own. */
  app: ConsoleApp | undefined;
  /** The tables that the app is told of; undefined if there is none. */
  toldTables: readonly string[] | undefined;
  /** Decides the messages' ids, and what happens to them: another one for each start, since ids are never used twice. */
  seed: number;
};

/** Svix's times of hours are minutes here. */
const timeScale = 0.01;

const readyPause = 200;
const cronPause = 60_000;

export const createWorld = (options: WorldOptions): World => {
  const { instance, workerUrl, gateway, connectionString, services, app } = options;
  const chaos = noChaos();
  const changes = createChanges();
  const chart = createChart();
  const log = createDeliveryLog((at, lag) => chart.add(at, lag));
  const reader = openCopy(connectionString);
  const comparison = createComparison(instance, reader, services.settings.omitted);
  const stopping = new AbortController();
  let changedAt = 0;
  let isReady = false;

  /** Settles when the Worker answers for the first time. */
  const waitForWorker = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (await answersAt(workerUrl)) break;
      await sleep(readyPause, undefined, { signal: stopping.signal }).catch(() => {});
    }
    isReady = !stopping.signal.aborted;
    changes.tell();
  };
  const ready = waitForWorker();

  const secrets = { signingSecret: options.signingSecret, wrongSecret: newSigningSecret() };
  const svix: TransportOptions = {
    instance,
    secret: options.signingSecret,
    seed: options.seed,
    timeScale,
    send: async (delivery, signal) => {
      // Until the Worker's first answer nothing fails: it waits.
      await ready;
      try {
        const either = AbortSignal.any([signal, stopping.signal]);
        return await send(`${workerUrl}/api/webhook`, delivery, (url, init) => fetch(url, { ...init, signal: either }));
      } catch (error) {
        throw new Error(`the Worker does not answer${codeOf(error)}`, { cause: error });
      }
    },
    observer: {
      message: (message) => {
        changedAt = Date.now();
        log.message(message);
        changes.tell();
      },
      attempt: (attempt) => {
        log.attempt(attempt);
        changes.tell();
      },
    },
  };
  const transport = startTransport(svix);

  const watch = startWatch(reader, comparison, options.toldTables, () => changes.tell());
  const reconciler = createReconciler({
    instance,
    services,
    connectionString,
    isDatabaseAway: () => chaos.isDatabaseAway,
    changedAt: () => changedAt,
    onChange: () => changes.tell(),
    // What a run changes, the Worker's app is told of by the cron.
    onEnd: () => void tellAll(workerUrl, reader),
  });

  /** Nobody fires the cron locally. */
  const tellNowAndThen = async (): Promise<void> => {
    await ready;
    while (!stopping.signal.aborted) {
      const outbox = watch.outbox();
      if ("waiting" in outbox && outbox.waiting > 0) await tellAll(workerUrl, reader);
      await sleep(cronPause, undefined, { signal: stopping.signal }).catch(() => {});
    }
  };
  const telling = tellNowAndThen();

  return {
    instance,
    chaos,
    reader,
    watch,
    reconciler,
    changes,
    places: () => ({ worker: workerUrl, isReady, postgres: connectionString }),
    deliveries: () => log.deliveries(transport.counts),
    chart: () => chart.chart(Date.now()),
    told: () => app?.told() ?? [],
    obeyChaos: () => {
      applyChaos(chaos, svix, secrets);
      gateway.isAway = chaos.isDatabaseAway;
      if (app !== undefined) app.isAway = chaos.isAppAway;
      changes.tell();
    },
    tell: async () => {
      if (!isReady) return "The Worker is starting.";
      if (chaos.isDatabaseAway) return "The database is away. Bring it back first.";
      await retryOutbox(connectionString);
      return (await tellAll(workerUrl, reader)) ? undefined : "The Worker does not answer.";
    },
    close: async () => {
      stopping.abort();
      comparison.close();
      await Promise.all([transport.stop(), reconciler.close(), watch.close(), telling]);
      await reader.close();
    },
  };
};

/** Why there is no answer, if the system has a word for it. */
const codeOf = (error: unknown): string => {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
};
