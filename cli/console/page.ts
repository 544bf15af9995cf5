/** The document that loads a page's client, and what the browser may load at all. */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { modules, stylesOf } from "./assets.ts";

const importMap = JSON.stringify({
  imports: Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, `/${path}`])),
});

/** Not within the template, where a formatter would change what is hashed. */
const importMapElement = raw(`<script type="importmap">${importMap}</script>`);

const importMapHash = createHash("sha256").update(importMap).digest("base64");

/** Only what this server serves. Styles that scripts set by the CSSOM, as Preact and uPlot do, need no permission. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${importMapHash}'`,
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** A mirrored circle. */
const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%235b5bd6' d='M7 1.6a6.5 6.5 0 0 0 0 12.8z'/%3E%3Cpath fill='none' stroke='%235b5bd6' stroke-width='1.5' d='M9.5 2.4a5.8 5.8 0 0 1 0 11.2z'/%3E%3C/svg%3E";

export const shell = ({ title, entry }: { title: string; entry: string }) =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${raw(icon)}" />
        ${stylesOf(entry).map((path) => html`<link rel="stylesheet" href="/${path}" />`)} ${importMapElement}
        <script type="module" src="/${entry}"></script>
      </head>
      <body>
        <noscript>This page needs JavaScript.</noscript>
        <div id="page"></div>
      </body>
    </html>`;
