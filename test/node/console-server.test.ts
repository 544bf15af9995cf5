import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { liveStream } from "../../cli/console/live.ts";
import { type ConsolePage, type Send, serveConsole } from "../../cli/console/serve.ts";

const entry = "cli/console/client/production.ts";

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve()));

const quiet: ConsolePage["feed"] = (_, __, signal) => untilAborted(signal);

let ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.map((end) => end()));
  ends = [];
});

const start = async (
  page: Partial<ConsolePage> = {},
): Promise<{ url: string; port: number; close(): Promise<void> }> => {
  const server = await serveConsole({ title: "A page", entry, feed: quiet, ...page }, 0);
  ends.push(server.close);
  return { ...server, port: Number(new URL(server.url).port) };
};

/** As no client library writes it: with these very headers, and this very path. */
const raw = (port: number, head: string, body = ""): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(`${head}\r\nConnection: close\r\n\r\n${body}`));
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });

const statusOf = async (port: number, head: string, body?: string): Promise<number> =>
  Number(/^HTTP\/1\.1 (\d+)/.exec(await raw(port, head, body))?.[1]);

/** The messages of a stream, one after the other, as a browser parses them. */
const messagesOf = async function* (
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<{ name: string; data: unknown }> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const [, name, json] = /^event: (.*)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (name !== undefined && json !== undefined) yield { name, data: JSON.parse(json) };
    }
  }
};

describe("the door", () => {
  test("lets in the page under both names of this machine", async () => {
    const { port } = await start();
    for (const host of ["127.0.0.1", "localhost"]) {
      expect(await statusOf(port, `GET / HTTP/1.1\r\nHost: ${host}:${port}`)).toBe(200);
    }
  });

  test("listens on this machine's own address only", async () => {
    const { url } = await start();
    expect(new URL(url).hostname).toBe("127.0.0.1");
  });

  test.for([
    "GET / HTTP/1.1\r\nHost: evil.example",
    "GET / HTTP/1.1\r\nHost: evil.example:PORT",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:1",
    "GET / HTTP/1.1\r\nHost: localhost.evil.example:PORT",
    "GET /live HTTP/1.1\r\nHost: evil.example:PORT",
    `GET /${entry} HTTP/1.1\r\nHost: evil.example:PORT`,
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://evil.example",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: null",
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:1",
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://localhost:PORT",
    "GET /live HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: https://127.0.0.1:PORT",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nSec-Fetch-Site: cross-site",
    "GET /live HTTP/1.1\r\nHost: localhost:PORT\r\nSec-Fetch-Site: same-site",
  ])("refuses %j", async (head) => {
    const feed = vi.fn(quiet);
    const { port } = await start({ feed, actions: { do: async () => undefined } });
    expect(await statusOf(port, head.replaceAll("PORT", String(port)))).toBe(403);
    expect(feed).not.toHaveBeenCalled();
  });

  test("sends with everything, what it refuses too, that nothing else may be loaded, framed or kept", async () => {
    const { url, port } = await start();
    const answers = [
      await fetch(url),
      await fetch(`${url}/${entry}`),
      await fetch(`${url}/nothing`),
      await fetch(url, { method: "POST", headers: { Origin: url } }),
      await fetch(url, { headers: { Origin: "http://evil.example" } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 405, 403]);
    for (const { headers } of answers) {
      const policy = headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe");
      expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(headers.get("Cache-Control")).toBe("no-store");
      expect(headers.get("Referrer-Policy")).toBe("no-referrer");
      expect(headers.get("Access-Control-Allow-Origin")).toBeNull();
    }
    expect(await raw(port, `GET /live HTTP/1.1\r\nHost: evil.example`)).toContain("content-security-policy");
  });
});

describe("the page", () => {
  test("allows the import map that it has, by its hash, and writes the title as text", async () => {
    const { url } = await start({ title: "</title><script>alert(1)</script>" });
    const response = await fetch(url);
    const text = await response.text();
    const importMap = /<script type="importmap">(.*?)<\/script>/s.exec(text)?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(importMap));
    expect(response.headers.get("Content-Security-Policy")).toContain(
      `'sha256-${Buffer.from(digest).toString("base64")}'`,
    );
    expect(text).toContain("<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>");
  });

  test.for([entry, "dev/console/client/local.ts"])("serves everything that %s loads, without types", async (root) => {
    const { url } = await start({ entry: root });
    const page = await (await fetch(url)).text();
    const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(page)?.[1] ?? "") as {
      imports: Record<string, string>;
    };
    const styles = [...page.matchAll(/href="(\/[^"]+)"/g)].map(([, path]) => path ?? "");
    const waiting = [`/${root}`, ...Object.values(imports), ...styles];
    const loaded = new Set<string>();
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (loaded.has(path)) continue;
      loaded.add(path);
      const response = await fetch(url + path);
      expect([path, response.status]).toEqual([path, 200]);
      const isStyle = path.endsWith(".css");
      expect(response.headers.get("Content-Type")).toBe(`text/${isStyle ? "css" : "javascript"}; charset=utf-8`);
      const text = await response.text();
      expect(text).not.toMatch(/^import type/m);
      for (const [, specifier = ""] of text.matchAll(/^(?:import|export)\b[^;]*?from\s*"([^"]+)"/gm)) {
        const isOwn = specifier.startsWith(".");
        expect(isOwn || specifier in imports).toBe(true);
        if (isOwn) waiting.push(new URL(specifier, url + path).pathname);
      }
    }
    expect(loaded.size).toBeGreaterThan(15);
  });

  test.for([
    "/package.json",
    "/.dev.vars",
    "/cli/console/serve.ts",
    "/cli/console/client/tsconfig.json",
    "/dev/console/client/local.ts",
    "/cli/console/client/",
    "/cli/console/client/../serve.ts",
    "/cli/console/client/..%2fserve.ts",
    "/cli/console/client/%2e%2e/serve.ts",
    "/cli/console/client/..%5cserve.ts",
    "//etc/passwd",
    "/node_modules/preact/package.json",
    "/node_modules/htm/dist/../../../package.json",
    "/constructor",
    "/__proto__",
  ])("has no file at %s", async (path) => {
    const { port } = await start();
    expect(await statusOf(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}`)).toBe(404);
  });

  test.for(["HEAD", "PUT", "DELETE", "OPTIONS"])("starts no feed for %s", async (method) => {
    const feed = vi.fn(quiet);
    const { url } = await start({ feed });
    expect((await fetch(`${url}/live`, { method })).status).toBe(405);
    expect(feed).not.toHaveBeenCalled();
  });
});

describe("an action", () => {
  const startActions = async () => {
    const greet = vi.fn(async (body: unknown) => (body === "no" ? "Not today." : undefined));
    const { url, port } = await start({
      actions: {
        greet,
        fail: async () => {
          throw new Error("postgresql://user:swordfish@host/database");
        },
      },
    });
    const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
      const response = await fetch(url + path, {
        method: "POST",
        body,
        headers: { Origin: url, "Content-Type": "application/json", ...headers },
      });
      return { status: response.status, text: await response.text() };
    };
    return { greet, url, port, post };
  };

  test("is done with the body, and what it says reaches the person", async () => {
    const { greet, post } = await startActions();
    expect(await post("/do/greet", `{"a":[1,"é"]}`)).toEqual({ status: 200, text: "{}" });
    expect(greet).toHaveBeenCalledWith({ a: [1, "é"] });
    expect(await post("/do/greet", `"no"`)).toEqual({ status: 422, text: `{"error":"Not today."}` });
    expect((await post("/do/greet", "null", { "Content-Type": "application/json; charset=utf-8" })).status).toBe(200);
  });

  test("is not done without the page's own origin, another type than JSON, or with a body that is too large", async () => {
    const { greet, port, post } = await startActions();
    const head = `POST /do/greet HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nContent-Length: 2`;
    expect(await statusOf(port, head, "{}")).toBe(403);
    expect(await statusOf(port, `${head}\r\nOrigin: null`, "{}")).toBe(403);
    expect(await statusOf(port, `${head}\r\nSec-Fetch-Site: same-origin`, "{}")).toBe(403);
    expect((await post("/do/greet", "{}", { Origin: "http://evil.example" })).status).toBe(403);
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "application/json5",
    ]) {
      expect((await post("/do/greet", "{}", { "Content-Type": type })).status).toBe(415);
    }
    expect((await post("/do/greet", JSON.stringify("a".repeat(100_000)))).status).toBe(413);
    expect((await post("/do/greet", "{")).status).toBe(400);
    expect(greet).not.toHaveBeenCalled();
  });

  test("is one of the page's, and none where the page has none", async () => {
    const { post } = await startActions();
    for (const name of ["other", "constructor", "toString", "__proto__", "greet/more", ""]) {
      expect((await post(`/do/${name}`, "{}")).status).toBe(404);
    }
    const { url } = await start();
    const response = await fetch(`${url}/do/greet`, {
      method: "POST",
      body: "{}",
      headers: { Origin: url, "Content-Type": "application/json" },
    });
    expect([response.status, response.headers.get("Allow")]).toEqual([405, "GET"]);
  });

  test("that throws is said to have failed, without the error's text", async () => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const { post } = await startActions();
    const { status, text } = await post("/do/fail", "{}");
    expect(status).toBe(500);
    expect(text + JSON.stringify(printed.mock.calls)).not.toContain("swordfish");
    expect((await post("/do/greet", "{}")).status).toBe(200);
    printed.mockRestore();
  });
});

describe("what a page is told", () => {
  test("is what has changed since it was last told, in the words of its query", async () => {
    const { url } = await start({
      feed: async (query, send, signal) => {
        send("count", { n: 1, find: query.get("find") });
        send("other", "a\nb");
        send("count", { n: 1, find: query.get("find") });
        await sleep(20);
        send("other", "a\nb");
        send("count", { n: 2 });
        await untilAborted(signal);
      },
    });
    const response = await fetch(`${url}/live?find=%C3%A9`);
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    const messages = messagesOf(response.body);
    expect((await messages.next()).value).toEqual({ name: "count", data: { n: 1, find: "é" } });
    expect((await messages.next()).value).toEqual({ name: "other", data: "a\nb" });
    expect((await messages.next()).value).toEqual({ name: "count", data: { n: 2 } });
    await messages.return(undefined);
  });

  test("is told anew to each page", async () => {
    const { url } = await start({
      feed: async (_, send, signal) => {
        send("same", 1);
        await untilAborted(signal);
      },
    });
    for (const _ of [1, 2]) {
      const messages = messagesOf((await fetch(`${url}/live`)).body);
      expect((await messages.next()).value).toEqual({ name: "same", data: 1 });
      await messages.return(undefined);
    }
  });

  test("ends with the page: its feed is aborted when it leaves", async () => {
    const aborted = vi.fn();
    const { url } = await start({
      feed: async (_, send, signal) => {
        send("a", 1);
        await untilAborted(signal);
        aborted();
      },
    });
    const leaving = new AbortController();
    await fetch(`${url}/live`, { signal: leaving.signal });
    leaving.abort();
    await expect.poll(() => aborted.mock.calls.length).toBe(1);
  });

  test("ends at once when the console closes, and with it the feeds", async () => {
    const signals: AbortSignal[] = [];
    const server = await start({
      // One that does not listen to its signal.
      feed: (_, send, signal) => {
        signals.push(signal);
        send("a", 1);
        return new Promise(() => {});
      },
    });
    const streams = await Promise.all([1, 2, 3].map(async () => messagesOf((await fetch(`${server.url}/live`)).body)));
    await Promise.all(streams.map((messages) => messages.next()));
    const began = performance.now();
    await server.close();
    // Ended or cut: both let the page connect anew.
    await Promise.allSettled(streams.map((messages) => messages.next()));
    expect(performance.now() - began).toBeLessThan(1000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test.for<[string, ConsolePage["feed"]]>([
    [
      "after it has told something",
      async (_, send) => {
        send("a", 1);
        await sleep(10);
        throw new Error("postgresql://user:swordfish@host/database");
      },
    ],
    [
      "before it waits",
      () => {
        throw new Error("postgresql://user:swordfish@host/database");
      },
    ],
    ["that is no error", () => Promise.reject(Object.assign(Object.create(null), { message: "swordfish" }))],
  ])("ends if its feed throws %s, without the error's text, and the next page is served", async ([, feed]) => {
    const printed = vi.spyOn(console, "error").mockReturnValue();
    const { url } = await start({ feed });
    const text = await (await fetch(`${url}/live`)).text();
    expect(text).toMatch(/^retry: 1000\n\n/);
    expect(text + JSON.stringify(printed.mock.calls)).not.toContain("swordfish");
    expect((await fetch(`${url}/live`)).status).toBe(200);
    printed.mockRestore();
  });
});

describe("a stream", () => {
  const read = async (reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> =>
    new TextDecoder().decode((await reader.read()).value);

  test("holds only the newest of each message for a page that does not read", async () => {
    let told: Send = () => {};
    const closing = new AbortController();
    const feed = (send: Send, signal: AbortSignal): Promise<void> => {
      told = send;
      return untilAborted(signal);
    };
    const reader = liveStream(feed, closing.signal, () => {}).getReader();
    for (let n = 0; n < 1000; n += 1) {
      told("a", n);
      told("b", -n);
    }
    expect(await read(reader)).toBe("retry: 1000\n\n");
    expect(await read(reader)).toBe("event: a\ndata: 999\n\nevent: b\ndata: -999\n\n");
    closing.abort();
    expect((await reader.read()).done).toBe(true);
    told("a", 1000);
  });

  test("is kept alive while nothing is told", async () => {
    vi.useFakeTimers();
    try {
      const closing = new AbortController();
      const reader = liveStream(
        (_, signal) => untilAborted(signal),
        closing.signal,
        () => {},
      ).getReader();
      await reader.read();
      const next = read(reader);
      await vi.advanceTimersByTimeAsync(15_000);
      expect(await next).toBe(":\n\n");
      await reader.cancel();
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("a port that is in use is told by its code", async () => {
  const { port } = await start();
  await expect(serveConsole({ title: "Another", entry, feed: quiet }, port)).rejects.toMatchObject({
    code: "EADDRINUSE",
  });
});
