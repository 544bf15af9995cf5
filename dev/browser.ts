import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian, Ubuntu, macOS and whoever says so have a Chromium. */
const paths = [
  process.env.CHROMIUM_PATH ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Undefined if this machine has none. */
export const browserPath = paths.find((path) => path !== "" && existsSync(path));

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: browserPath ?? "",
    // It asks nothing of the network but the page that it is given.
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
